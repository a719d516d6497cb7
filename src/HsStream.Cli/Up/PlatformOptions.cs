using HsStream.Embedded.Broker.Log;

namespace HsStream.Cli.Up;

/// <summary>What to start and where. Null ports leave a part out.</summary>
internal sealed record PlatformOptions
{
    public required string DataDirectory { get; init; }

    public int KafkaPort { get; init; }

    public int? RegistryPort { get; init; }

    public int? PostgresPort { get; init; }

    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Kafka's broker settings by name; the broker refuses names and values that it does not know.</summary>
    public IReadOnlyDictionary<string, string> KafkaSettings { get; init; } = new Dictionary<string, string>();

    public bool AcceptAnyReplicationFactor { get; init; }
}
