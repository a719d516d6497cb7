namespace HsStream.Chaos.Pipeline.Rig;

/// <summary>What a rig is made of. Addresses that are given belong to servers that the rig neither starts nor kills.</summary>
internal sealed record RigOptions
{
    public required string DataDirectory { get; init; }

    /// <summary>Bundles; the one that serves must be in it.</summary>
    public required string ModelsDirectory { get; init; }

    /// <summary>Bootstrap servers of another cluster; null starts the embedded broker in a process.</summary>
    public string? Against { get; init; }

    public string? RegistryUrl { get; init; }

    public string? PostgresConnection { get; init; }

    public int Scorers { get; init; } = 2;

    public int Ledgers { get; init; } = 1;

    public int Partitions { get; init; } = 6;

    /// <summary>Shortest that Kafka's defaults allow, so that a frozen member is found out soon.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Settings for every role, by key.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Largest file that PostgreSQL and the broker may write; null for no limit.</summary>
    public long? BrokerReserveBytes { get; init; }

    public string Durability { get; init; } = "fsync";
}
