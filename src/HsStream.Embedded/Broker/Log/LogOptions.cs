namespace HsStream.Embedded.Broker.Log;

public enum Durability
{
    /// <summary>Acknowledged and visible once fsynced: safe against a loss of power.</summary>
    Fsync,

    /// <summary>
    /// Acknowledged and visible once written: safe against the death of the process, not of the machine. The flusher still fsyncs at each
    /// roll, checkpoint and stop, which bounds the scan after a crash; Apache Kafka by default leaves even that to the system.
    /// </summary>
    PageCache,
}

/// <summary>How the partition logs are kept.</summary>
internal sealed record LogOptions
{
    public required string DataDirectory { get; init; }

    public Durability Durability { get; init; }

    /// <summary>Fsyncs that may run at once, each on a thread of its own.</summary>
    public int Flushers { get; init; } = 4;

    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Pause between two looks for something to compact (log.cleaner.backoff.ms), to checkpoint or to drop.</summary>
    public TimeSpan MaintenanceInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Pause between two looks for segments to drop (log.retention.check.interval.ms).</summary>
    public TimeSpan RetentionInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bounds the keys, and so the memory, of one compaction (log.cleaner.dedupe.buffer.size, at 64 bytes a key).</summary>
    public int MaxKeysPerCompaction { get; init; } = 2_000_000;

    /// <summary>An idle producer without an open transaction is forgotten after this time (producer.id.expiration.ms).</summary>
    public TimeSpan ProducerExpiration { get; init; } = TimeSpan.FromDays(1);
}
