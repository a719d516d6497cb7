using Confluent.Kafka;

namespace HsStream.Streaming;

/// <summary>The settings that all clients share, and why they are not librdkafka's own.</summary>
internal static class ClientConfigs
{
    public static ConsumerConfig Consumer(KafkaSettings settings, string groupId, string name) => Finish(
        new ConsumerConfig
        {
            GroupId = groupId,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            FetchWaitMaxMs = 100,
            // After its queue was full, a client would wait a second before it fetches again.
            FetchQueueBackoffMs = 10,
            FetchErrorBackoffMs = 100,
            AllowAutoCreateTopics = false,
        },
        settings, name);

    public static ProducerConfig Producer(KafkaSettings settings, string name) => Finish(
        new ProducerConfig
        {
            Acks = Acks.All,
            EnableIdempotence = true,
            LingerMs = 2,
            // Where Java's clients put a key, so that a topic filled by both keeps its order.
            Partitioner = Partitioner.Murmur2Random,
            AllowAutoCreateTopics = false,
        },
        settings, name);

    public static AdminClientConfig Admin(KafkaSettings settings, string name) => Finish(new AdminClientConfig(), settings, name);

    /// <summary>What the operator sets wins; to be called again by whoever sets more.</summary>
    public static void Override(ClientConfig config, KafkaSettings settings)
    {
        foreach (var (key, value) in settings.ClientProperties) { config.Set(key, value); }
    }

    private static T Finish<T>(T config, KafkaSettings settings, string name)
        where T : ClientConfig
    {
        config.BootstrapServers = settings.BootstrapServers;
        config.ClientId = $"{settings.ClientId}-{name}";
        config.SocketNagleDisable = true;
        config.SocketKeepaliveEnable = true;
        config.ReconnectBackoffMs = 50;
        config.ReconnectBackoffMaxMs = 2_000;
        config.TopicMetadataRefreshIntervalMs = 30_000;
        // librdkafka 2.16 forgets the coordinator when it starts anew from the bootstrap list, and then never sends offsets.
        config.MetadataRecoveryStrategy = MetadataRecoveryStrategy.None;
        Override(config, settings);
        return config;
    }
}
