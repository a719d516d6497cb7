namespace HsStream.Benchmarks.Broker;

/// <summary>What one broker did; nulls were not measured.</summary>
internal sealed class Results
{
    public required string Broker { get; init; }

    /// <summary>By record size in bytes.</summary>
    public Dictionary<int, double> ProducePerSecond { get; init; } = [];

    public Dictionary<int, double> ConsumePerSecond { get; init; } = [];

    public Latency? OneInFlight { get; set; }

    public Latency? TenThousandPerSecond { get; set; }

    public double OneRecordTransactionsPerSecond { get; set; }

    public double ThousandRecordTransactionsPerSecond { get; set; }

    public double? StartEmptyMs { get; set; }

    public double? StartWithDataMs { get; set; }

    public double? IdleMegabytes { get; set; }

    public double? TwentyClientsMegabytes { get; set; }

    public double? IdleProcessorPercent { get; set; }
}

/// <summary>The machine's own limits, one set a durability.</summary>
internal sealed record FloorResults(double WriteMegabytesPerSecond, double LoopbackMegabytesPerSecond, Latency SmallFlush, Latency RoundTrip);

internal sealed record RunResults(Machine Machine, FloorResults DurableFloor, FloorResults PageCacheFloor, IReadOnlyList<Results> Brokers);
