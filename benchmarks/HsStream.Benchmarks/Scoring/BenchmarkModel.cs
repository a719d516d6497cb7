using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;
using HsStream.Training.Export;

namespace HsStream.Benchmarks.Scoring;

/// <summary>A model of random weights with the size of a real one: 2^16 rows of 256 bytes, 1,000 labels.</summary>
internal static class BenchmarkModel
{
    private const int Rows = 1 << 16;
    private const int Width = 256;
    private const int LabelCount = 1000;

    public static HsModel Create(ScoringOptions options)
    {
        var definition = new EncoderDefinition { Ngrams = new NgramDefinition { WordBits = 15, CharacterBits = 15 } };
        var texts = BenchmarkTexts.Lines(5000, seed: 2);
        var encoder = EncoderFitter.Fit(definition, texts);
        var labels = new LabelTable([.. HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings.Where((_, i) => i % 5 == 0).Take(LabelCount)], NomenclatureEdition.Hs2022);
        var graph = Graph();
        using var plain = Load(encoder, labels, graph, Calibration.None, options);
        return Load(encoder, labels, graph, Calibrate(plain, texts), options);
    }

    private static HsModel Load(DescriptionEncoder encoder, LabelTable labels, byte[] graph, Calibration calibration, ScoringOptions options)
    {
        var directory = Path.Combine(Path.GetTempPath(), "hsstream-scorer-benchmark-" + Guid.NewGuid().ToString("n"));
        try
        {
            var (json, tables) = encoder.ToBytes();
            BundleWriter.Write(directory, Manifest(encoder), new Dictionary<string, ReadOnlyMemory<byte>>
            {
                [Bundle.ModelFile] = graph,
                [Bundle.EncoderFile] = json,
                [Bundle.EncoderTablesFile] = tables,
                [Bundle.LabelsFile] = labels.ToTsv(),
                [Bundle.CalibrationFile] = calibration.ToJson(),
            });
            return HsModel.Load(BundleReader.Read(directory), options);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Truth is the best label of six rows in ten and one of the next nine of the others, so sets have the size of a real model's.</summary>
    private static Calibration Calibrate(HsModel model, string[] texts)
    {
        const int Count = 1000;
        var random = new Random(4);
        using var scorer = model.CreateScorer();
        scorer.RunTexts(texts, 0, Count);
        var logits = new float[Count * LabelCount];
        var codes = new HsCode[Count];
        for (var row = 0; row < Count; row++)
        {
            scorer.Logits(row).CopyTo(logits.AsSpan(row * LabelCount));
            var ranking = scorer.Logits(row).ToArray().Select((score, label) => (score, label)).OrderByDescending(entry => entry.score).Take(10).ToArray();
            codes[row] = model.Labels.Codes[ranking[random.Next(10) < 6 ? 0 : random.Next(1, 10)].label];
        }

        return new CalibrationFitter(model.Labels, scorer.Encoded, codes, new CalibrationOptions()).Fit(scorer.Encoded, logits, codes);
    }

    private static byte[] Graph()
    {
        var random = new Random(5);
        var codes = new byte[Rows * Width];
        random.NextBytes(codes);
        var graph = new GraphBuilder();
        var ids = graph.Input(GraphInputs.NgramIds, ElementType.Int32, "N", "F");
        var weights = graph.Input(GraphInputs.NgramWeights, ElementType.Float32, "N", "F");
        var table = graph.Constant("table", System.Runtime.InteropServices.MemoryMarshal.Cast<byte, sbyte>(codes), Rows, Width);
        var scales = graph.Gather(graph.Constant("scales", [.. Enumerable.Repeat(0.01f, Rows)], Rows), ids);
        var rows = graph.Cast(graph.Gather(table, ids), ElementType.Float32);
        var hidden = graph.Squeeze(graph.MatMul(graph.Unsqueeze(graph.Multiply(weights, scales), 1), rows), 1);
        var logits = graph.Add(graph.MatMul(hidden, graph.Constant("head", Random(random, Width * LabelCount, 1.2f), Width, LabelCount)), graph.Constant("bias", Random(random, LabelCount, 0.1f), LabelCount));
        graph.Output(GraphInputs.Logits, logits);
        return graph.ToModel("hsstream");
    }

    private static float[] Random(Random random, int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => scale * (float)(random.NextDouble() - 0.5))];

    private static BundleManifest Manifest(DescriptionEncoder encoder) => new()
    {
        Architecture = "random",
        Seed = 5,
        Dataset = new DatasetFacts("none", "", null, 0, ""),
        Split = new SplitFacts("none", 0, 0, 0, 0),
        CodeCommit = "unknown",
        NomenclatureEdition = NomenclatureEdition.Hs2022.Name,
        EncoderHash = encoder.Hash,
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };
}
