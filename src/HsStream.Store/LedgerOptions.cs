using System.ComponentModel.DataAnnotations;

namespace HsStream.Store;

/// <summary>Where the ledger is and how patient its clients are.</summary>
public sealed class LedgerOptions
{
    public const string Section = "Ledger";

    /// <summary>An Npgsql connection string.</summary>
    [Required]
    public string ConnectionString { get; init; } = "";

    /// <summary>The schema that holds Marten's tables and ours; created when missing.</summary>
    [Required, RegularExpression("^[a-z_][a-z0-9_]{0,40}$")]
    public string Schema { get; init; } = "ledger";

    /// <summary>Attempts after the first one when PostgreSQL does not answer or cuts the connection. The default never gives up.</summary>
    [Range(0, int.MaxValue)]
    public int MaxRetries { get; init; } = int.MaxValue;

    /// <summary>Longest single attempt at a transaction or a query's first row.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Mean wait before the first retry; doubles up to <see cref="MaxRetryDelay"/>, with jitter.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:30")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Streams whose state is kept in memory, so that a prediction does not read its description back.</summary>
    [Range(0, 10_000_000)]
    public int CachedStreams { get; init; } = 100_000;
}
