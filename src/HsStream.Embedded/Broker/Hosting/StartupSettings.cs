using System.Globalization;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Hosting;

/// <summary>Reads Kafka's broker settings, by their Kafka names, into the options of each part.</summary>
internal sealed class StartupSettings
{
    private StartupSettings(BrokerConfigs configs) => Configs = configs;

    public BrokerConfigs Configs { get; }

    public bool AutoCreateTopics => Text("auto.create.topics.enable") == "true";

    public int DefaultPartitions => (int)Number("num.partitions");

    public int FetchMaxBytes => (int)Number("fetch.max.bytes");

    /// <exception cref="BrokerStartException">A name that is not a broker setting, or a value out of its range.</exception>
    public static StartupSettings Parse(IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (name, text) in settings)
        {
            var definition = BrokerConfigDefinitions.Find(name)
                ?? throw new BrokerStartException($"Expected the name of a Kafka broker setting, got {name}.");
            if (definition.Parse(text).Error is { } error) { throw new BrokerStartException(error); }
        }

        var nothing = new Dictionary<string, string>();
        return new StartupSettings(new BrokerConfigs(settings, nothing, nothing));
    }

    public CoordinatorOptions ToCoordinatorOptions() => new()
    {
        MinSessionTimeout = Milliseconds("group.min.session.timeout.ms"),
        MaxSessionTimeout = Milliseconds("group.max.session.timeout.ms"),
        InitialRebalanceDelay = Milliseconds("group.initial.rebalance.delay.ms"),
        MaxGroupSize = (int)Number("group.max.size"),
        MaxOffsetMetadata = (int)Number("offset.metadata.max.bytes"),
        OffsetsRetention = TimeSpan.FromMinutes(Number("offsets.retention.minutes")),
        OffsetsRetentionCheckInterval = Milliseconds("offsets.retention.check.interval.ms"),
        MaxTransactionTimeout = Milliseconds("transaction.max.timeout.ms"),
        TransactionalIdExpiration = Milliseconds("transactional.id.expiration.ms"),
    };

    public LogOptions ToLogOptions(BrokerOptions options) => new()
    {
        DataDirectory = options.DataDirectory,
        Durability = options.Durability,
        ProducerExpiration = Milliseconds("producer.id.expiration.ms"),
        MaintenanceInterval = TimeSpan.FromMilliseconds(Math.Max(100, Number("log.cleaner.backoff.ms"))),
        RetentionInterval = Milliseconds("log.retention.check.interval.ms"),
        MaxKeysPerCompaction = (int)Math.Clamp(Number("log.cleaner.dedupe.buffer.size") / 64, 1, int.MaxValue / 4),
    };

    private TimeSpan Milliseconds(string name) => TimeSpan.FromMilliseconds(Number(name));

    private long Number(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

    private string Text(string name) => Configs[name] ?? throw new InvalidOperationException($"{name} has no default.");
}
