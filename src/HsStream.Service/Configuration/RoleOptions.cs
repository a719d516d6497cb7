using System.ComponentModel.DataAnnotations;

namespace HsStream.Service.Configuration;

/// <summary>Section <c>Scorer</c>.</summary>
public sealed record ScorerOptions
{
    [Required]
    public string GroupId { get; init; } = "hs.scorer";

    /// <summary>
    /// Names this process in its transactional ids, and is the same after its restart, which then ends at once what a crash left open.
    /// When empty: the machine's name and the lowest number that no other scorer of the machine holds.
    /// </summary>
    public string InstanceId { get; init; } = "";

    /// <summary>Consumers of this process, each with a producer and a thread that scores; 0 is one a core, at most 8.</summary>
    [Range(0, 64)]
    public int Workers { get; init; }

    /// <summary>Records that are scored together at most.</summary>
    [Range(1, 10_000)]
    public int MaxBatchRecords { get; init; } = 512;

    /// <summary>Longest wait for a fuller batch while records are coming.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan MaxBatchWait { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Longest time that a transaction stays open over several batches.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan MaxTransactionTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Models that score beside the champion at most: the last ones announced. Each costs its memory and its time.</summary>
    [Range(0, 16)]
    public int MaxShadows { get; init; } = 4;
}

/// <summary>Section <c>Recorder</c>: how the role ledger reads.</summary>
public sealed record RecorderOptions
{
    [Required]
    public string GroupId { get; init; } = "hs.ledger";

    /// <summary>Records of one ledger transaction at most.</summary>
    [Range(1, 50_000)]
    public int MaxBatchRecords { get; init; } = 2000;

    /// <summary>Longest wait for a fuller batch while records are coming.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:05")]
    public TimeSpan MaxBatchWait { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often the publisher looks for new model events.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PublishInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often what was derived from the events is compared with them.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan ReconcileInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Age from which a description without prediction or dead letter is reported.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan UnansweredAfter { get; init; } = TimeSpan.FromMinutes(15);
}

/// <summary>Section <c>Console</c>: limits of the API.</summary>
public sealed record ConsoleOptions
{
    /// <summary>Of a whole request.</summary>
    [Range(1024, 1_000_000_000)]
    public long MaxBodyBytes { get; init; } = 32_000_000;

    /// <summary>Of one JSON object: a line of a bulk request, or a single description.</summary>
    [Range(256, 10_000_000)]
    public int MaxLineBytes { get; init; } = 131_072;

    /// <summary>Of a bulk request.</summary>
    [Range(1, 1_000_000)]
    public int MaxLines { get; init; } = 50_000;

    /// <summary>Bulk requests that are in memory at once; others wait for their turn.</summary>
    [Range(1, 1000)]
    public int MaxBulkRequests { get; init; } = 4;

    /// <summary>Longest wait for Kafka's acknowledgement before the answer is 503.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the answer 503 tells a client to wait.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Idempotency keys that this process remembers, the newest.</summary>
    [Range(0, 1_000_000)]
    public int IdempotencyKeys { get; init; } = 10_000;
}
