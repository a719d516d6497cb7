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
}
