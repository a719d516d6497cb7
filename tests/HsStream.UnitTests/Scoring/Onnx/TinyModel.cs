using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;

namespace HsStream.UnitTests.Scoring.Onnx;

/// <summary>Small models as bundles in a temporary directory: one that knows a few goods, and one of random weights of a realistic shape.</summary>
internal sealed class TinyModel : IDisposable
{
    /// <summary>Made-up training lines of five subheadings of HS 2022, two of them in one heading.</summary>
    public static readonly (string Text, string Code)[] Lines =
    [
        ("mens cotton t-shirt", "610910"), ("ladies t-shirt cotton blue", "610910"), ("cotton t-shirt size xl", "610910"),
        ("polyester t-shirt", "610990"), ("t-shirt of polyester red", "610990"), ("running t-shirt polyester size m", "610990"),
        ("mountain bicycle 26 inch", "871200"), ("bicycle for children", "871200"), ("used bicycle blue", "871200"),
        ("roasted coffee beans 1 kg", "090121"), ("coffee roasted ground", "090121"), ("espresso coffee beans roasted", "090121"),
        ("hex bolt steel m6x20", "731815"), ("steel bolt m8x40 zinc", "731815"), ("anchor bolt steel", "731815"),
    ];

    private readonly string _root = Path.Combine(Path.GetTempPath(), "hsstream-model-" + Guid.NewGuid().ToString("n"));

    private static readonly EncoderDefinition Definition = Features.Texts.Small with
    {
        MaxCharacters = 256,
        Ngrams = Features.Texts.Small.Ngrams with { Widths = [16, 64, 256] },
        Tokens = Features.Texts.Small.Tokens with { Widths = [4, 16] },
    };

    public static DescriptionEncoder Encoder { get; } = EncoderFitter.Fit(Definition, Lines.Select(line => line.Text));

    public static LabelTable Labels { get; } = new([.. Lines.Select(line => HsCode.Parse(line.Code)).Distinct()], NomenclatureEdition.Hs2022);

    /// <summary>The files of a model whose logits are how much the text shares with the training lines of a label.</summary>
    public static Dictionary<string, ReadOnlyMemory<byte>> Files(Calibration? calibration = null) =>
        FilesOf(Encoder, Labels, calibration ?? Calibrated(), Centroids());

    public static Dictionary<string, ReadOnlyMemory<byte>> FilesOf(DescriptionEncoder encoder, LabelTable labels, Calibration calibration, byte[] model)
    {
        var (json, tables) = encoder.ToBytes();
        return new Dictionary<string, ReadOnlyMemory<byte>>
        {
            [Bundle.ModelFile] = model,
            [Bundle.EncoderFile] = json,
            [Bundle.EncoderTablesFile] = tables,
            [Bundle.LabelsFile] = labels.ToTsv(),
            [Bundle.CalibrationFile] = calibration.ToJson(),
        };
    }

    public static BundleManifest Manifest(DescriptionEncoder encoder, string edition = "HS2022") =>
        Bundles.BundleFixture.Draft with { EncoderHash = encoder.Hash, NomenclatureEdition = edition };

    /// <summary>Everything decided from half on, so that tests see both outcomes.</summary>
    public static Calibration Calibrated() => new()
    {
        Rows = 15,
        Conformal = [new ConformalThresholds(0.9, 0.8f, 0.8f, 0.8f)],
        Decision = new DecisionThresholds
        {
            Subheading = new LevelThreshold(0.9, 0.5f, 0.9, 0.5),
            Heading = new LevelThreshold(0.9, 0.5f, 0.9, 0.7),
            Chapter = new LevelThreshold(0.9, 0.5f, 0.9, 0.8),
        },
    };

    /// <summary>The same with a chance that is not the probability: humbler, the more so the fewer words of a text are known.</summary>
    public static Calibration Assessed()
    {
        float[] Weights(float constant) => [constant, 0.8f, .. new float[5], 0.5f, .. new float[Assessment.Signals - 7]];
        return Calibrated() with
        {
            Assessment = new Assessment(
                [.. Labels.Codes.Select(code => Lines.Count(line => line.Code == code.ToString()))], new float[Assessment.Signals],
                [.. Enumerable.Repeat(1f, Assessment.Signals)], Weights(-1), Weights(-0.5f), Weights(0)),
        };
    }

    public HsModel Load(ScoringOptions? options = null, Calibration? calibration = null) =>
        HsModel.Load(Write(Files(calibration), Manifest(Encoder)), options ?? new ScoringOptions());

    public Bundle Write(Dictionary<string, ReadOnlyMemory<byte>> files, BundleManifest manifest)
    {
        var directory = Path.Combine(_root, Guid.NewGuid().ToString("n"));
        BundleWriter.Write(directory, manifest, files);
        return BundleReader.Read(directory);
    }

    /// <summary>A model of random weights: both channels, 300 labels, an embedding of 64.</summary>
    public HsModel LoadRandom(ScoringOptions options)
    {
        const int Width = 64;
        var labels = new LabelTable([.. HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings.Where((_, i) => i % 18 == 0).Take(300)], NomenclatureEdition.Hs2022);
        var random = new Random(1);
        float[] Some(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
        var model = new TinyOnnx()
            .Input("ngram_ids", TinyOnnx.Int32).Input("ngram_weights", TinyOnnx.Float).Input("token_ids", TinyOnnx.Int32)
            .Weights("table", Some(Definition.Ngrams.Buckets * Width), Definition.Ngrams.Buckets, Width)
            .Weights("words", Some(Definition.Tokens.Ids * Width), Definition.Tokens.Ids, Width)
            .Weights("head", Some(Width * 300), Width, 300).Weights("bias", Some(300), 300)
            .Axes("last", 2).Axes("middle", 1)
            .Node("Gather", "rows", ["table", "ngram_ids"]).Node("Unsqueeze", "scales", ["ngram_weights", "last"])
            .Node("Mul", "scaled", ["rows", "scales"]).Node("ReduceSum", "bag", ["scaled", "middle"], ("keepdims", 0))
            .Node("Gather", "sequence", ["words", "token_ids"]).Node("ReduceSum", "sum", ["sequence", "middle"], ("keepdims", 0))
            .Node("Add", "both", ["bag", "sum"]).Node("Tanh", "hidden", ["both"])
            .Node("LpNormalization", "embedding", ["hidden"], ("axis", 1), ("p", 2))
            .Node("MatMul", "product", ["hidden", "head"]).Node("Add", "logits", ["product", "bias"])
            .Output("logits", 300).Output("embedding", Width);
        return HsModel.Load(Write(FilesOf(Encoder, labels, Calibrated(), model.Build()), Manifest(Encoder)), options);
    }

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    private static byte[] Centroids()
    {
        const float Sharpness = 8;
        var table = new float[Definition.Ngrams.Buckets * Labels.Count];
        var workspace = Encoder.CreateWorkspace();
        foreach (var (text, code) in Lines)
        {
            var row = Encoder.Encode(text, workspace);
            for (var i = 0; i < row.NgramIds.Length; i++)
            {
                table[(row.NgramIds[i] * Labels.Count) + Labels.Find(HsCode.Parse(code))] += Sharpness * row.NgramWeights[i] / 3;
            }
        }

        return new TinyOnnx()
            .Input("ngram_ids", TinyOnnx.Int32).Input("ngram_weights", TinyOnnx.Float)
            .Weights("table", table, Definition.Ngrams.Buckets, Labels.Count).Axes("last", 2).Axes("middle", 1)
            .Node("Gather", "rows", ["table", "ngram_ids"]).Node("Unsqueeze", "scales", ["ngram_weights", "last"])
            .Node("Mul", "scaled", ["rows", "scales"]).Node("ReduceSum", "logits", ["scaled", "middle"], ("keepdims", 0))
            .Node("LpNormalization", "embedding", ["logits"], ("axis", 1), ("p", 2))
            .Output("logits", Labels.Count).Output("embedding", Labels.Count)
            .Build();
    }
}
