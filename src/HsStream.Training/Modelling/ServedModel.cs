using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;
using HsStream.Training.Fitting;

namespace HsStream.Training.Modelling;

/// <summary>A model that is not stored yet, run as it will be served: from its bundle, through ONNX Runtime.</summary>
internal sealed class ServedModel : IDisposable
{
    private const int TextsAtOnce = 1024;

    /// <summary>What is made here is trusted; whether it may be stored is asked when it is.</summary>
    private static readonly BundleLimits _unbounded = new() { MaxBundleBytes = 2_000_000_000 };

    private readonly HsModel _model;
    private readonly BatchScorer _scorer;

    private ServedModel(HsModel model) => (_model, _scorer) = (model, model.CreateScorer());

    public LabelTable Labels => _model.Labels;

    public int EmbeddingLength => _model.EmbeddingLength;

    /// <exception cref="BundleException">The files do not make a bundle: a fault of the export.</exception>
    public static ServedModel Open(BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        var folder = Directory.CreateTempSubdirectory("hsstream-model-");
        try
        {
            var path = Path.Combine(folder.FullName, "bundle");
            BundleWriter.Write(path, manifest, files, _unbounded);
            return new ServedModel(HsModel.Load(BundleReader.Read(path, _unbounded), new ScoringOptions { IntraOpThreads = Math.Min(2, Environment.ProcessorCount) }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Features and raw scores [texts, labels].</summary>
    public (EncodedBatch Encoded, float[] Logits) Score(List<string> texts, CancellationToken cancellationToken)
    {
        var encoded = new EncodedBatch(_model.Encoder);
        texts.ForEach(text => encoded.Add(text));
        var logits = new float[checked(texts.Count * Labels.Count)];
        Run(texts, (row, i) => _scorer.Logits(i).CopyTo(logits.AsSpan(row * Labels.Count)), cancellationToken);
        return (encoded, logits);
    }

    /// <summary>[texts, <see cref="EmbeddingLength"/>].</summary>
    public float[] Embeddings(List<string> texts, CancellationToken cancellationToken)
    {
        var embeddings = new float[checked(texts.Count * EmbeddingLength)];
        Run(texts, (row, i) => _scorer.Embedding(i).CopyTo(embeddings.AsSpan(row * EmbeddingLength)), cancellationToken);
        return embeddings;
    }

    /// <summary>Top-1 accuracy and loss; a code that the model does not know is a wrong answer and left out of the loss.</summary>
    public static HeldOutScore ScoreOf(LabelTable labels, float[] logits, List<HsCode> codes)
    {
        var (right, rightHeading, loss, known) = (0, 0, 0.0, 0);
        for (var row = 0; row < codes.Count; row++)
        {
            var scores = logits.AsSpan(row * labels.Count, labels.Count);
            var best = 0;
            for (var i = 1; i < scores.Length; i++) { best = scores[i] > scores[best] ? i : best; }
            right += labels.Codes[best] == codes[row] ? 1 : 0;
            rightHeading += labels.Codes[best].Heading == codes[row].Heading ? 1 : 0;
            if (labels.Find(codes[row]) is var truth and >= 0)
            {
                var sum = 0.0;
                foreach (var score in scores) { sum += Math.Exp(score - scores[best]); }
                loss += Math.Log(sum) + scores[best] - scores[truth];
                known++;
            }
        }

        return new HeldOutScore(right / (double)codes.Count, rightHeading / (double)codes.Count, loss / Math.Max(1, known));
    }

    public void Dispose()
    {
        _scorer.Dispose();
        _model.Dispose();
    }

    private void Run(List<string> texts, Action<int, int> take, CancellationToken cancellationToken)
    {
        for (var start = 0; start < texts.Count; start += TextsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(TextsAtOnce, texts.Count - start);
            _scorer.RunTexts(texts, start, count);
            for (var i = 0; i < count; i++) { take(start + i, i); }
        }
    }
}
