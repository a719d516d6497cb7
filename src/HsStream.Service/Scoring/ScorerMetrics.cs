using Prometheus;

namespace HsStream.Service.Scoring;

/// <summary>What the scorer did with the descriptions; the processor counts batches, transactions, latency and lag.</summary>
internal sealed class ScorerMetrics(IMetricFactory factory)
{
    private readonly Counter _predictions = factory.CreateCounter(
        "hsstream_scorer_predictions_total", "Predictions made, by outcome (auto, review) and part (champion, candidate, shadow); before the commit of their transaction.",
        ["outcome", "part"]);

    public Counter ModelFailures { get; } = factory.CreateCounter(
        "hsstream_scorer_model_failures_total", "Batches that a candidate or a shadow failed on; the champion served them.", ["part"]);

    public Histogram ScoringSeconds { get; } = factory.CreateHistogram(
        "hsstream_scorer_scoring_seconds", "Scoring of a batch by all models.", new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 2, 14) });

    public void Predicted(bool isAuto, string part, int count)
    {
        if (count > 0) { _predictions.WithLabels(isAuto ? "auto" : "review", part).Inc(count); }
    }
}
