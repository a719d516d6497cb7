using System.ComponentModel.DataAnnotations;

namespace HsStream.Streaming;

/// <summary>Where Kafka and the schema registry are, and how to speak with them.</summary>
public sealed class KafkaSettings
{
    public const string Section = "Kafka";

    /// <summary>host:port, several separated by commas.</summary>
    [Required]
    public string BootstrapServers { get; set; } = "127.0.0.1:9092";

    /// <summary>Base address of a registry that speaks Confluent's API; several separated by commas.</summary>
    [Required]
    public string SchemaRegistryUrl { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Shown by brokers in logs and quotas.</summary>
    public string ClientId { get; set; } = "hsstream";

    /// <summary>More settings of librdkafka for every client, such as <c>security.protocol</c>; they win over ours.</summary>
    public IDictionary<string, string> ClientProperties { get; set; } = new Dictionary<string, string>();

    /// <summary>More settings of the registry's client, such as <c>schema.registry.basic.auth.user.info</c>.</summary>
    public IDictionary<string, string> RegistryProperties { get; set; } = new Dictionary<string, string>();

    /// <summary>False: schemas are registered by somebody else, and an unregistered one is an error.</summary>
    public bool AutoRegisterSchemas { get; set; } = true;

    /// <summary>For one answer of the registry; then it is asked again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan RegistryTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait between two questions to a registry that is away.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan RegistryMaxBackoff { get; set; } = TimeSpan.FromSeconds(5);
}
