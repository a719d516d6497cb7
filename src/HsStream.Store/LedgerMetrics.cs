using Prometheus;

namespace HsStream.Store;

/// <summary>What the ledger does, for Prometheus.</summary>
internal sealed class LedgerMetrics(IMetricFactory metrics)
{
    public Histogram Append { get; } = metrics.CreateHistogram(
        "hsstream_ledger_append_seconds", "One committed transaction, retries included.",
        new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.001, 2, 16) });

    public Histogram BatchEvents { get; } = metrics.CreateHistogram(
        "hsstream_ledger_batch_events", "Events of one transaction.",
        new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(1, 4, 9) });

    public Counter Events { get; } = metrics.CreateCounter("hsstream_ledger_events_total", "Events appended, by stored name.", ["type"]);

    public Counter Repeated { get; } = metrics.CreateCounter("hsstream_ledger_repeated_total", "Facts that said what was recorded.");

    public Counter Rejected { get; } = metrics.CreateCounter("hsstream_ledger_rejected_total", "Facts that the rules refused.");

    public Counter Retries { get; } = metrics.CreateCounter("hsstream_ledger_retries_total", "Attempts that PostgreSQL failed.");

    public Counter OffsetConflicts { get; } = metrics.CreateCounter("hsstream_ledger_offset_conflicts_total", "Batches that another writer had been faster with.");

    public Gauge LastSequence { get; } = metrics.CreateGauge("hsstream_ledger_last_sequence", "Sequence of the newest event written here.");
}
