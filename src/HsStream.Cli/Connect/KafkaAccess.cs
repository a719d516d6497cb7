using System.Globalization;
using Confluent.Kafka;

namespace HsStream.Cli.Connect;

/// <summary>What verbs ask Kafka: which topics there are, where they begin and end, and their records.</summary>
/// <remarks>Clients' own logs are dropped: a failure arrives as an exception that names the address and says what to do.</remarks>
internal sealed class KafkaAccess(Connections connections)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string BootstrapServers => connections.BootstrapServers;

    /// <param name="isolation">Records of open and aborted transactions are shown when it is uncommitted.</param>
    public IConsumer<byte[]?, byte[]?> OpenConsumer(IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = BootstrapServers,
            ClientId = "hsstream",
            GroupId = "hsstream-cli",           // asked for by the client, never joined: partitions are assigned by hand
            IsolationLevel = isolation,
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            AllowAutoCreateTopics = false,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    public IAdminClient OpenAdmin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers, ClientId = "hsstream" }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    /// <summary>Every topic with its number of partitions.</summary>
    /// <exception cref="OperatorException">No broker answers.</exception>
    public SortedDictionary<string, int> Topics()
    {
        using var admin = OpenAdmin();
        try
        {
            var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
            foreach (var topic in admin.GetMetadata(Patience).Topics.Where(topic => !topic.Error.IsError)) { found.Add(topic.Topic, topic.Partitions.Count); }
            return found;
        }
        catch (KafkaException e)
        {
            throw NoAnswer(e);
        }
    }

    /// <exception cref="OperatorException">There is no such topic, or no broker.</exception>
    public int Partitions(string topic)
    {
        var topics = Topics();
        return topics.TryGetValue(topic, out var partitions) ? partitions
            : throw new OperatorException($"there is no topic '{topic}' at {BootstrapServers} ({connections.Origin}); it has {(topics.Count == 0 ? "none" : string.Join(", ", topics.Keys))}");
    }

    /// <summary>Reads records from some offsets up to the ends that the partitions have now, or for ever.</summary>
    /// <param name="starts">An offset of each partition to read; <see cref="Offset.End"/> waits for new records.</param>
    /// <param name="isFollowing">Goes on at the end, until it is cancelled.</param>
    public IEnumerable<ConsumeResult<byte[]?, byte[]?>> Read(
        IConsumer<byte[]?, byte[]?> consumer, IReadOnlyList<TopicPartitionOffset> starts, bool isFollowing, CancellationToken cancellationToken)
    {
        consumer.Assign(starts);
        var open = starts.Select(start => start.TopicPartition).ToHashSet();
        while (open.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            ConsumeResult<byte[]?, byte[]?>? next;
            try
            {
                next = consumer.Consume(isFollowing ? TimeSpan.FromMilliseconds(200) : Patience);
            }
            catch (ConsumeException e)
            {
                throw new OperatorException($"cannot read from {BootstrapServers}: {e.Error.Reason}", e);
            }

            if (next is null)
            {
                if (isFollowing) { continue; }
                throw new OperatorException(string.Create(CultureInfo.InvariantCulture, $"{BootstrapServers} sent neither a record nor the end of {starts[0].Topic} within {Patience.TotalSeconds} s; is the broker still running?"));
            }

            if (!next.IsPartitionEOF) { yield return next; }
            else if (!isFollowing) { open.Remove(next.TopicPartition); }
        }
    }

    /// <summary>First and next offset of a partition.</summary>
    public (long First, long Next) Bounds(IConsumer<byte[]?, byte[]?> consumer, TopicPartition partition)
    {
        try
        {
            var bounds = consumer.QueryWatermarkOffsets(partition, Patience);
            return (bounds.Low.Value, bounds.High.Value);
        }
        catch (KafkaException e)
        {
            throw NoAnswer(e);
        }
    }

    public OperatorException NoAnswer(KafkaException e) =>
        new($"no broker answers at {BootstrapServers} ({connections.Origin}): {e.Error.Reason}; start one with hsstream up, or name it with --bootstrap-servers", e);
}
