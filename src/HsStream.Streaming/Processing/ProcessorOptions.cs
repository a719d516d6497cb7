using System.ComponentModel.DataAnnotations;
using HsStream.Domain.Messages;

namespace HsStream.Streaming.Processing;

/// <summary>How a <see cref="TransactionalProcessor"/> reads, batches and commits.</summary>
public sealed class ProcessorOptions
{
    /// <summary>Who works here: scorer. Labels metrics, names the CloudEvents source and stands in dead letters.</summary>
    [Required]
    public string Stage { get; set; } = "";

    /// <summary>Instances with the same group share the partitions.</summary>
    [Required]
    public string GroupId { get; set; } = "";

    /// <summary>One for each instance and worker, and the same after its restart: the newer one fences the older one.</summary>
    [Required]
    public string TransactionalId { get; set; } = "";

    [Required]
    public IReadOnlyList<string> InputTopics { get; set; } = [];

    public string DeadLetterTopic { get; set; } = Topics.DeadLetters;

    [Range(1, 100_000)]
    public int MaxBatchRecords { get; set; } = 512;

    /// <summary>Longest wait of the first record of a batch for company; a record that has waited already waits no more.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan MaxBatchWait { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Longest a transaction stays open while a full batch is waiting behind it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:30")]
    public TimeSpan MaxTransactionTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest it stays open while less than a full batch is waiting. With nothing waiting it is committed at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan IdleTransactionTime { get; set; } = TimeSpan.FromMilliseconds(5);

    [Range(1, 10_000_000)]
    public int MaxTransactionRecords { get; set; } = 20_000;

    [Range(1L, 1L << 30)]
    public long MaxTransactionBytes { get; set; } = 16 << 20;

    /// <summary>Records that may wait between the consumer and the handler.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueuedRecords { get; set; } = 4_096;

    /// <summary>Bytes that may wait there; the consumer's own queue is bounded by as many again.</summary>
    [Range(1L << 16, 1L << 30)]
    public long MaxQueuedBytes { get; set; } = 16 << 20;

    /// <summary>Larger input records are dead-lettered unread.</summary>
    [Range(1, 1 << 28)]
    public int MaxRecordBytes { get; set; } = 1 << 20;

    /// <summary>Larger output records are an error of the record that caused them.</summary>
    [Range(1, 1 << 28)]
    public int MaxOutputBytes { get; set; } = 1 << 20;

    /// <summary>The coordinator aborts a transaction that is older, as after a crash.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan TransactionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>For the batch in hand, when partitions go to another instance and at shutdown; then it is given up and read again elsewhere.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:04:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Without a heartbeat for so long an instance is taken for dead: what it held waits for that long after a kill -9.</summary>
    [Range(typeof(TimeSpan), "00:00:06", "00:05:00")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause before something is tried again; it doubles, with jitter, up to <see cref="MaxBackoff"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan Backoff { get; set; } = TimeSpan.FromMilliseconds(100);

    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);
}
