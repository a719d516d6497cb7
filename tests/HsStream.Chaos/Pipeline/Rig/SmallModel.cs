using System.Runtime.InteropServices;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;
using HsStream.Training.Catalogue;
using HsStream.Training.Export;

namespace HsStream.Chaos.Pipeline.Rig;

/// <summary>A model of random weights that is made in a second: it knows nothing about goods, and everything about getting the same bits twice.</summary>
internal static class SmallModel
{
    private const int Bits = 11;
    private const int Rows = 1 << (Bits + 1);
    private const int Width = 32;
    private const int LabelCount = 200;
    private const int CalibrationRows = 300;

    /// <param name="seed">Another one makes another model.</param>
    /// <returns>The manifest of the bundle that was added to the folder.</returns>
    public static BundleManifest AddTo(string models, int seed = 1)
    {
        var definition = new EncoderDefinition { Ngrams = new NgramDefinition { WordBits = Bits, CharacterBits = Bits } };
        var lines = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = 77 });
        string[] texts = [.. lines.Generate(1000).Select(line => line.Description)];
        var encoder = EncoderFitter.Fit(definition, texts);
        var labels = new LabelTable([.. HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings.Where((_, i) => i % 25 == 0).Take(LabelCount)], NomenclatureEdition.Hs2022);
        var graph = Graph(seed);
        var scratch = Directory.CreateTempSubdirectory("hsstream-small-model-");
        try
        {
            var plain = new BundleStore(scratch.FullName);
            var manifest = Add(plain, encoder, labels, graph, Calibration.None, seed);
            using var model = HsModel.Load(plain.Open(manifest.ModelVersion), new ScoringOptions());
            return Add(new BundleStore(models), encoder, labels, graph, Calibrate(model, texts), seed);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static BundleManifest Add(BundleStore store, DescriptionEncoder encoder, LabelTable labels, byte[] graph, Calibration calibration, int seed)
    {
        var (json, tables) = encoder.ToBytes();
        return store.Add(Manifest(encoder, seed), new Dictionary<string, ReadOnlyMemory<byte>>
        {
            [Bundle.ModelFile] = graph,
            [Bundle.EncoderFile] = json,
            [Bundle.EncoderTablesFile] = tables,
            [Bundle.LabelsFile] = labels.ToTsv(),
            [Bundle.CalibrationFile] = calibration.ToJson(),
        });
    }

    private static Calibration Calibrate(HsModel model, string[] texts)
    {
        var random = new Random(4);
        using var scorer = model.CreateScorer();
        scorer.RunTexts(texts, 0, CalibrationRows);
        var logits = new float[CalibrationRows * LabelCount];
        var codes = new HsCode[CalibrationRows];
        for (var row = 0; row < CalibrationRows; row++)
        {
            scorer.Logits(row).CopyTo(logits.AsSpan(row * LabelCount));
            var ranking = scorer.Logits(row).ToArray().Select((score, label) => (score, label)).OrderByDescending(entry => entry.score).Take(10).ToArray();
            codes[row] = model.Labels.Codes[ranking[random.Next(10) < 6 ? 0 : random.Next(1, 10)].label];
        }

        return new CalibrationFitter(model.Labels, scorer.Encoded, codes, new CalibrationOptions()).Fit(scorer.Encoded, logits, codes);
    }

    private static byte[] Graph(int seed)
    {
        var random = new Random(seed);
        var codes = new byte[Rows * Width];
        random.NextBytes(codes);
        var graph = new GraphBuilder();
        var ids = graph.Input(GraphInputs.NgramIds, ElementType.Int32, "N", "F");
        var weights = graph.Input(GraphInputs.NgramWeights, ElementType.Float32, "N", "F");
        var table = graph.Constant("table", MemoryMarshal.Cast<byte, sbyte>(codes), Rows, Width);
        var scales = graph.Gather(graph.Constant("scales", [.. Enumerable.Repeat(0.01f, Rows)], Rows), ids);
        var rows = graph.Cast(graph.Gather(table, ids), ElementType.Float32);
        var hidden = graph.Squeeze(graph.MatMul(graph.Unsqueeze(graph.Multiply(weights, scales), 1), rows), 1);
        var head = graph.MatMul(hidden, graph.Constant("head", Random(random, Width * LabelCount, 4f), Width, LabelCount));
        graph.Output(GraphInputs.Logits, graph.Add(head, graph.Constant("bias", Random(random, LabelCount, 0.1f), LabelCount)));
        return graph.ToModel("hsstream");
    }

    private static float[] Random(Random random, int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => scale * (float)(random.NextDouble() - 0.5))];

    private static BundleManifest Manifest(DescriptionEncoder encoder, int seed) => new()
    {
        Architecture = "random",
        Seed = seed,
        Dataset = new DatasetFacts("none", "", null, 0, ""),
        Split = new SplitFacts("none", 0, 0, 0, 0),
        CodeCommit = "unknown",
        NomenclatureEdition = NomenclatureEdition.Hs2022.Name,
        EncoderHash = encoder.Hash,
        CreatedAt = DateTimeOffset.UnixEpoch.AddDays(20_000),
    };
}
