using System.ComponentModel.DataAnnotations;

namespace HsStream.Streaming.Feeding;

/// <summary>How a <see cref="ManualOffsetConsumer"/> reads and batches.</summary>
public sealed class ManualOffsetOptions
{
    /// <summary>Who works here: ledger. Labels metrics.</summary>
    [Required]
    public string Stage { get; set; } = "";

    /// <summary>Shares the partitions among instances; it keeps no offsets.</summary>
    [Required]
    public string GroupId { get; set; } = "";

    [Required]
    public IReadOnlyList<string> InputTopics { get; set; } = [];

    [Range(1, 100_000)]
    public int MaxBatchRecords { get; set; } = 2_000;

    /// <summary>Longest wait of the first record of a batch for company.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxBatchWait { get; set; } = TimeSpan.FromMilliseconds(20);

    [Range(1, 1_000_000)]
    public int MaxQueuedRecords { get; set; } = 8_192;

    [Range(1L << 16, 1L << 30)]
    public long MaxQueuedBytes { get; set; } = 32 << 20;

    /// <summary>For the batch in hand when partitions go to another instance and at shutdown; then it is cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:04:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    [Range(typeof(TimeSpan), "00:00:06", "00:05:00")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause before something is tried again; it doubles, with jitter, up to <see cref="MaxBackoff"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan Backoff { get; set; } = TimeSpan.FromMilliseconds(100);

    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);
}
