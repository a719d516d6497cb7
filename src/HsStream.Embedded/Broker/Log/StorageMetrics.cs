using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Measurements of the partition logs, on the broker's meter.</summary>
internal sealed class StorageMetrics
{
    private readonly Meter _meter;
    private readonly Histogram<double> _flushSeconds;
    private readonly Histogram<int> _flushFiles;
    private readonly Counter<double> _recoverySeconds;
    private readonly Counter<long> _truncatedBytes;
    private readonly Counter<long> _removedSegments;
    private long _lastFlush = -1;

    /// <param name="meter">"HsStream.Broker".</param>
    public StorageMetrics(Meter meter)
    {
        _meter = meter;
        _flushSeconds = meter.CreateHistogram<double>("hsstream_broker_flush_seconds", "s", "Time of one group commit of a partition.");
        _flushFiles = meter.CreateHistogram<int>("hsstream_broker_flush_files", "{file}", "Segment files in one group commit.");
        _recoverySeconds = meter.CreateCounter<double>("hsstream_broker_recovery_seconds_total", "s", "Time spent checking logs at start.");
        _truncatedBytes = meter.CreateCounter<long>("hsstream_broker_truncated_bytes_total", "By", "Bytes cut from torn tails at start.");
        _removedSegments = meter.CreateCounter<long>("hsstream_broker_removed_segments_total", "{segment}", "Segments removed by retention and deletion of records.");
    }

    /// <summary>Time since the last successful flush, or null when there was none; for health checks.</summary>
    public TimeSpan? LastFlushAge => Interlocked.Read(ref _lastFlush) is >= 0 and var last ? Stopwatch.GetElapsedTime(last) : null;

    /// <summary>Adds the gauges that look at queue, logs and disk when they are asked.</summary>
    public void Observe(FlushQueue queue, Func<ICollection<PartitionLog>> logs, Func<long> freeBytes)
    {
        _meter.CreateObservableGauge("hsstream_broker_flush_queue_partitions", () => queue.Count, "{partition}", "Partitions waiting for a flusher.");
        _meter.CreateObservableGauge("hsstream_broker_flush_queue_age_seconds", () => queue.OldestAge.TotalSeconds, "s", "How long the first of them has waited.");
        _meter.CreateObservableGauge("hsstream_broker_undurable_records", () => logs().Sum(log => log.LogEndOffset - log.HighWatermark), "{record}", "Records written but not yet durable.");
        _meter.CreateObservableGauge("hsstream_broker_unstable_records", () => logs().Sum(log => log.HighWatermark - log.LastStableOffset), "{record}", "Durable records held back by open transactions.");
        _meter.CreateObservableGauge("hsstream_broker_open_transactions", () => logs().Sum(log => log.OpenTransactionCount), "{transaction}", "Transactions open in partitions; one transaction counts once in each of its partitions.");
        _meter.CreateObservableGauge("hsstream_broker_offline_partitions", () => logs().Count(log => log.OfflineReason is not null), "{partition}", "Partitions taken offline by damage or a failed flush.");
        _meter.CreateObservableGauge("hsstream_broker_log_bytes", () => logs().Sum(log => log.SizeInBytes), "By", "Size of all segments.");
        _meter.CreateObservableGauge("hsstream_broker_free_bytes", freeBytes, "By", "Room left on the disk.");
    }

    public void Flushed(TimeSpan elapsed, int files)
    {
        _flushSeconds.Record(elapsed.TotalSeconds);
        _flushFiles.Record(files);
        Interlocked.Exchange(ref _lastFlush, Stopwatch.GetTimestamp());
    }

    public void Recovered(TimeSpan elapsed, long truncatedBytes)
    {
        _recoverySeconds.Add(elapsed.TotalSeconds);
        _truncatedBytes.Add(truncatedBytes);
    }

    public void Removed(int segments) => _removedSegments.Add(segments);
}
