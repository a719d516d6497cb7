using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation;

/// <summary>A bundle, asked as it will be served: through its own encoder, ONNX Runtime and calibration.</summary>
public sealed class BundleClassifier : IClassifier
{
    /// <summary>As many codes as the published rankings have: enough for five different headings of most rows.</summary>
    private const int RankingLength = 20;

    private const int RowsAtOnce = 256;

    private readonly Bundle _bundle;
    private readonly HsModel _model;
    private readonly TimeSpan _timePerMeasurement;

    /// <param name="timePerMeasurement">Of each of the figures of <see cref="MeasureCost"/>.</param>
    /// <exception cref="BundleException">The bundle is damaged or cannot be run.</exception>
    public BundleClassifier(Bundle bundle, double coverage, TimeSpan timePerMeasurement)
    {
        _bundle = bundle;
        _timePerMeasurement = timePerMeasurement;
        _model = HsModel.Load(bundle, new ScoringOptions { TopK = RankingLength, MaxListedSet = 10_000, Coverage = coverage });
    }

    public string Name => _bundle.Manifest.Architecture;

    public string ModelVersion => _bundle.ModelVersion;

    public BundleManifest Manifest => _bundle.Manifest;

    public IReadOnlyList<EvaluatedRow> Answer(IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken)
    {
        var answers = new EvaluatedRow[rows.Count];
        var parts = (rows.Count + RowsAtOnce - 1) / RowsAtOnce;
        Parallel.For(
            0, parts, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount },
            _model.CreateScorer,
            (part, _, scorer) =>
            {
                var start = part * RowsAtOnce;
                var count = Math.Min(RowsAtOnce, rows.Count - start);
                var predictions = scorer.Score([.. Enumerable.Range(start, count).Select(i => rows[i].Text)]);
                for (var i = 0; i < count; i++) { answers[start + i] = EvaluatedRow.Of(rows[start + i].Code, predictions[i]); }
                return scorer;
            },
            scorer => scorer.Dispose());
        return answers;
    }

    public ServingCost? MeasureCost(IReadOnlyList<string> texts, CancellationToken cancellationToken) =>
        texts.Count == 0 ? null : new CostMeter(_bundle, _timePerMeasurement).Measure(texts, cancellationToken);

    public void Dispose() => _model.Dispose();
}
