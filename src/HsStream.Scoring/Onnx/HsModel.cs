using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Explanation;
using HsStream.Scoring.Features;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace HsStream.Scoring.Onnx;

/// <summary>One model version, loaded once and shared by all threads; each thread scores through its own <see cref="BatchScorer"/>.</summary>
/// <remarks>Dispose after the last scorer. Everything that could be wrong with a bundle is found here, not at the first description.</remarks>
public sealed class HsModel : IDisposable
{
    internal const string NgramIds = "ngram_ids";
    internal const string NgramWeights = "ngram_weights";
    internal const string TokenIds = "token_ids";
    internal const string Logits = "logits";
    internal const string Embedding = "embedding";

    private HsModel(Bundle bundle, LabelTable labels, DescriptionEncoder encoder, Calibration calibration, ScoringOptions options)
    {
        Bundle = bundle;
        Labels = labels;
        Encoder = encoder;
        Calibration = calibration;
        Options = options;
        try
        {
            (Session, Provider) = ExecutionProviders.Open(bundle.File(Bundle.ModelFile), options, out var warning);
            Warning = warning;
        }
        catch (OnnxRuntimeException e)
        {
            throw Refuse(Bundle.ModelFile, "an ONNX model that the runtime loads", e.Message, e);
        }

        try
        {
            CheckInputs();
            EmbeddingLength = CheckOutputs();
            Precedents = OpenPrecedents();
            RuntimeVersion = OrtEnv.Instance().GetVersionString();
            CheckRun();
        }
        catch
        {
            Session.Dispose();
            throw;
        }
    }

    public Bundle Bundle { get; }

    public string ModelVersion => Bundle.ModelVersion;

    public LabelTable Labels { get; }

    public DescriptionEncoder Encoder { get; }

    public Calibration Calibration { get; }

    public ScoringOptions Options { get; }

    /// <summary>CPU or CUDA.</summary>
    public string Provider { get; }

    public string RuntimeVersion { get; }

    /// <summary>Why the model runs elsewhere than asked for; null when it does not.</summary>
    public string? Warning { get; }

    /// <summary>Values of a text's embedding; 0 when the model gives none.</summary>
    public int EmbeddingLength { get; }

    /// <summary>Training texts to point at; null when the bundle has none.</summary>
    public PrecedentIndex? Precedents { get; }

    public bool ReadsNgrams { get; private set; }

    public bool ReadsTokens { get; private set; }

    internal InferenceSession Session { get; }

    /// <summary>Opens a verified bundle.</summary>
    /// <exception cref="BundleException">A file cannot be used or contradicts another; names the file, what was expected and what was found.</exception>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is out of range.</exception>
    public static HsModel Load(Bundle bundle, ScoringOptions options)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        options.Validate();
        NomenclatureEdition edition;
        LabelTable labels;
        try
        {
            edition = NomenclatureEdition.Parse(bundle.Manifest.NomenclatureEdition);
        }
        catch (NomenclatureException e)
        {
            throw new BundleException(bundle.Directory, Bundle.ManifestFile, "a known nomenclature edition", e.Message, e);
        }

        try
        {
            labels = LabelTable.Parse(bundle.File(Bundle.LabelsFile).Span, edition);
        }
        catch (NomenclatureException e)
        {
            throw new BundleException(bundle.Directory, Bundle.LabelsFile, $"subheadings of {edition}, one a line", e.Message, e);
        }

        var encoder = OpenEncoder(bundle);
        return new HsModel(bundle, labels, encoder, OpenCalibration(bundle, labels, encoder), options);
    }

    public BatchScorer CreateScorer() => new(this);

    /// <summary>The widest input a run of these rows has; 0 for a kind of input that the model does not read.</summary>
    internal (int Ngrams, int Tokens) Shape(EncodedBatch batch, int row) =>
        (ReadsNgrams ? batch.NgramWidth(row) : 0, ReadsTokens ? batch.TokenWidth(row) : 0);

    public void Dispose() => Session.Dispose();

    private static DescriptionEncoder OpenEncoder(Bundle bundle)
    {
        DescriptionEncoder encoder;
        try
        {
            encoder = DescriptionEncoder.Open(bundle.File(Bundle.EncoderFile).Span, bundle.File(Bundle.EncoderTablesFile).Span);
        }
        catch (EncoderFormatException e)
        {
            throw new BundleException(bundle.Directory, Bundle.EncoderFile, "an encoder that fits its tables", e.Message, e);
        }

        return encoder.Hash == bundle.Manifest.EncoderHash
            ? encoder
            : throw new BundleException(bundle.Directory, Bundle.EncoderFile, $"the encoder {bundle.Manifest.EncoderHash} of the manifest", encoder.Hash);
    }

    private static Calibration OpenCalibration(Bundle bundle, LabelTable labels, DescriptionEncoder encoder)
    {
        Calibration calibration;
        try
        {
            calibration = Calibration.Parse(bundle.File(Bundle.CalibrationFile).Span);
        }
        catch (FormatException e)
        {
            throw new BundleException(bundle.Directory, Bundle.CalibrationFile, "a calibration", e.Message, e);
        }

        CheckCount("training rows of {0} labels", labels.Count, calibration.Assessment?.LabelRows.Count);
        CheckCount("information of {0} token ids", 1 + encoder.Definition.Tokens.Vocabulary, calibration.Words?.Levels.Length);
        return calibration;

        void CheckCount(string what, int expected, int? found)
        {
            if (found is not null && found != expected)
            {
                throw new BundleException(bundle.Directory, Bundle.CalibrationFile, string.Format(null, what, expected), $"{found}");
            }
        }
    }

    private PrecedentIndex? OpenPrecedents()
    {
        if (Bundle.TryFile(Bundle.PrecedentsFile) is not { } bytes)
        {
            return null;
        }

        Check(EmbeddingLength > 0, $"an output named {Embedding}, which {Bundle.PrecedentsFile} needs", "none");
        try
        {
            return PrecedentIndex.Parse(bytes.Span, Labels.Edition, EmbeddingLength);
        }
        catch (FormatException e)
        {
            throw Refuse(Bundle.PrecedentsFile, "precedents of this model", e.Message, e);
        }
    }

    private void CheckInputs()
    {
        var inputs = Session.InputMetadata;
        ReadsNgrams = inputs.ContainsKey(NgramIds) || inputs.ContainsKey(NgramWeights);
        ReadsTokens = inputs.ContainsKey(TokenIds);
        foreach (var (name, input) in inputs)
        {
            var expected = name switch
            {
                NgramIds or TokenIds => TensorElementType.Int32,
                NgramWeights => TensorElementType.Float,
                _ => throw Refuse(Bundle.ModelFile, $"inputs among {NgramIds}, {NgramWeights} and {TokenIds}", name),
            };
            Check(input.ElementDataType == expected && input.Dimensions.Length == 2, $"{name} as {expected} of 2 dimensions", $"{input.ElementDataType} of {input.Dimensions.Length}");
        }

        Check(ReadsNgrams || ReadsTokens, "an input", "none");
        Check(inputs.ContainsKey(NgramIds) == inputs.ContainsKey(NgramWeights), $"{NgramIds} and {NgramWeights} together", "one of them");
    }

    private int CheckOutputs()
    {
        var outputs = Session.OutputMetadata;
        Check(outputs.TryGetValue(Logits, out var logits), "an output named logits", string.Join(' ', outputs.Keys));
        Check(logits!.ElementDataType == TensorElementType.Float && logits.Dimensions.Length == 2, "logits as Float of 2 dimensions", $"{logits.ElementDataType} of {logits.Dimensions.Length}");
        Check(logits.Dimensions[1] == Labels.Count || logits.Dimensions[1] < 0, $"{Labels.Count} logits, as many as labels", $"{logits.Dimensions[1]}");
        if (!outputs.TryGetValue(Embedding, out var embedding))
        {
            return 0;
        }

        Check(
            embedding.ElementDataType == TensorElementType.Float && embedding.Dimensions.Length == 2 && embedding.Dimensions[1] is >= 1 and <= 4096,
            "embedding as Float of 2 dimensions, the second 1 to 4096", $"{embedding.ElementDataType} of {string.Join('x', embedding.Dimensions)}");
        return embedding.Dimensions[1];
    }

    /// <summary>Runs one text, so that a graph that does not fit its labels or shapes fails here.</summary>
    private void CheckRun()
    {
        try
        {
            using var scorer = new BatchScorer(this);
            scorer.Encoded.Clear();
            scorer.Encoded.Add("a");
            scorer.Run();
        }
        catch (OnnxRuntimeException e)
        {
            throw Refuse(Bundle.ModelFile, $"a graph that gives {Labels.Count} logits a row for the encoder's shapes", e.Message, e);
        }
    }

    private void Check(bool holds, string expected, string found)
    {
        if (!holds)
        {
            throw Refuse(Bundle.ModelFile, expected, found);
        }
    }

    private BundleException Refuse(string file, string expected, string found, Exception? inner = null) => new(Bundle.Directory, file, expected, found, inner);
}
