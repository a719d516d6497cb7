using System.ComponentModel.DataAnnotations;

namespace HsStream.Embedded.Registry;

/// <summary>Settings of one schema registry.</summary>
internal sealed class SchemaRegistryOptions
{
    public const string Section = "SchemaRegistry";

    /// <summary>An IP address. There is no authentication, so anything but loopback is for closed networks.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    [Range(0, 65535)]
    public int Port { get; init; } = 8081;

    [Required]
    public string BootstrapServers { get; init; } = "127.0.0.1:9092";

    /// <summary>Registries that share a topic are one registry.</summary>
    [Required]
    public string Topic { get; init; } = "_schemas";

    /// <summary>Asked for when the topic is created; -1 is the broker's default.</summary>
    [Range(-1, 100)]
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>How long starting waits for the cluster and for the whole topic to be read.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a write is tried before its client is told that it failed.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(15);

    [Range(1024, 64 * 1024 * 1024)]
    public int MaxRequestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Kafka's default record limit is 1 MB, and escaping can double a schema.</summary>
    [Range(256, 16 * 1024 * 1024)]
    public int MaxSchemaBytes { get; init; } = 480 * 1024;

    /// <summary>How deep JSON, types and references may be nested.</summary>
    [Range(8, 500)]
    public int MaxSchemaDepth { get; init; } = 200;

    /// <summary>Names the registries of this topic in <c>/v1/metadata/id</c>.</summary>
    public string GroupId { get; init; } = "schema-registry";
}
