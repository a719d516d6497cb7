using HsStream.Benchmarks.Broker;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>What one run measured; nulls were not measured.</summary>
internal sealed record PipelineResults
{
    public required Machine Machine { get; init; }

    public required string Model { get; init; }

    public required string Broker { get; init; }

    public required int Records { get; init; }

    /// <summary>Descriptions a second of the model in one process that does nothing else, all cores.</summary>
    public double? ScorerAlone { get; set; }

    public double? AtLeastOnce { get; set; }

    public double? ExactlyOnce { get; set; }

    /// <summary>Descriptions a second while scorer and ledger run side by side.</summary>
    public double? WholePipeline { get; set; }

    public LedgerFigures? Ledger { get; set; }

    public List<LatencyFigure> Latency { get; } = [];

    public List<MemoryFigure> Memory { get; } = [];

    /// <summary>From the start of a scorer's process until its first prediction could be read, in milliseconds; the median of several.</summary>
    public double? ColdStartMs { get; set; }
}

/// <summary>Events a second.</summary>
/// <param name="Append">Through the store: decided, hashed, sealed, with offsets.</param>
/// <param name="Copy">The same rows by binary COPY into a table with a primary key alone, in as many transactions.</param>
/// <param name="Role">Through the ledger role, from Kafka; null when not measured.</param>
internal sealed record LedgerFigures(long Events, long Bytes, int BatchRecords, double Append, double Copy, double? Role);

/// <param name="PerSecond">Descriptions published a second.</param>
/// <param name="Milliseconds">From the produce call until a read_committed consumer has the prediction.</param>
internal sealed record LatencyFigure(int PerSecond, int Count, Latency Milliseconds);

/// <param name="Share">Of the run's descriptions that were scored, 0 to 1.</param>
internal sealed record MemoryFigure(double Share, double ScorerMegabytes, double LedgerMegabytes);
