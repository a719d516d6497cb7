using Prometheus;

namespace HsStream.Streaming;

/// <summary>What the Kafka edge tells about itself. One for each <see cref="IMetricFactory"/>; label values come from closed sets.</summary>
public sealed class StreamingMetrics
{
    private static readonly double[] Seconds = Histogram.ExponentialBuckets(0.001, 2, 16);

    public StreamingMetrics(IMetricFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Records = factory.CreateCounter("hsstream_processor_records_total", "Input records whose work was committed.", ["stage"]);
        Outputs = factory.CreateCounter("hsstream_processor_outputs_total", "Records produced and committed.", ["stage"]);
        DeadLetters = factory.CreateCounter("hsstream_processor_dead_letters_total", "Records sent to the dead-letter topic and committed.", ["stage", "reason"]);
        Batches = factory.CreateCounter("hsstream_processor_batches_total", "Batches handled, by why they were closed: full, waited, drained.", ["stage", "reason"]);
        BatchRecords = factory.CreateHistogram("hsstream_processor_batch_records", "Records of a batch.", ["stage"], new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(1, 2, 12) });
        QueueSeconds = factory.CreateHistogram("hsstream_processor_queue_age_seconds", "How long the oldest record of a batch waited for it.", ["stage"], new HistogramConfiguration { Buckets = Seconds });
        HandleSeconds = factory.CreateHistogram("hsstream_processor_handle_seconds", "Handling of a batch.", ["stage"], new HistogramConfiguration { Buckets = Seconds });
        TransactionSeconds = factory.CreateHistogram("hsstream_processor_transaction_seconds", "From the beginning of a transaction to its end.", ["stage"], new HistogramConfiguration { Buckets = Seconds });
        Transactions = factory.CreateCounter("hsstream_processor_transactions_total", "Transactions, by result: committed, aborted.", ["stage", "result"]);
        LatencySeconds = factory.CreateHistogram("hsstream_processor_latency_seconds", "From an input record's timestamp until its work was committed.", ["stage"], new HistogramConfiguration { Buckets = Seconds });
        LagRecords = factory.CreateGauge("hsstream_consumer_lag_records", "Records behind the end of the topic.", ["stage", "topic"]);
        LagSeconds = factory.CreateGauge("hsstream_consumer_lag_seconds", "Age of the newest record whose work was committed; 0 when nothing is waiting.", ["stage"]);
        HandlerFailures = factory.CreateCounter("hsstream_processor_handler_failures_total", "Calls of the handler that failed, by kind: transient, record, other.", ["stage", "kind"]);
        Skipped = factory.CreateCounter("hsstream_follower_skipped_total", "Unreadable records of a compacted topic.", ["topic", "reason"]);
    }

    internal Counter Records { get; }

    internal Counter Outputs { get; }

    internal Counter DeadLetters { get; }

    internal Counter Batches { get; }

    internal Histogram BatchRecords { get; }

    internal Histogram QueueSeconds { get; }

    internal Histogram HandleSeconds { get; }

    internal Histogram TransactionSeconds { get; }

    internal Counter Transactions { get; }

    internal Histogram LatencySeconds { get; }

    internal Gauge LagRecords { get; }

    internal Gauge LagSeconds { get; }

    internal Counter HandlerFailures { get; }

    internal Counter Skipped { get; }
}
