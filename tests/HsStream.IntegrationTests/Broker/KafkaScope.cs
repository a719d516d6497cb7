using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace HsStream.IntegrationTests.Broker;

/// <summary>Names, topics and clients of one test; nothing in it assumes an empty cluster.</summary>
internal sealed class KafkaScope : IAsyncDisposable
{
    /// <summary>For one condition to come true. A real cluster holds a new group back for 3 s and sweeps transactions every 10 s.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _prefix = "t" + Guid.NewGuid().ToString("N")[..12];
    private readonly List<IDisposable> _clients = [];
    private readonly List<string> _topics = [];
    private readonly List<Func<Task>> _stops = [];
    private int _names;

    public KafkaScope(string bootstrap)
    {
        Bootstrap = bootstrap;
        Admin = Keep(new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).SetLogHandler((_, _) => { }).Build());
    }

    public string Bootstrap { get; }

    public IAdminClient Admin { get; }

    public CancellationToken Token { get; } = TestContext.Current.CancellationToken;

    /// <summary>A name nobody else uses: topic, group or transactional id.</summary>
    public string NewName(string what) => $"{_prefix}-{what}-{Interlocked.Increment(ref _names)}";

    /// <summary>Has the topic deleted at the end, though the test creates it itself.</summary>
    public string NewTopicName()
    {
        var topic = NewName("topic");
        _topics.Add(topic);
        return topic;
    }

    public async Task<string> CreateTopicAsync(int partitions = 1, params (string Name, string Value)[] configs)
    {
        var topic = NewTopicName();
        await Admin.CreateTopicsAsync(
            [new TopicSpecification { Name = topic, NumPartitions = partitions, Configs = configs.ToDictionary(c => c.Name, c => c.Value) }]);
        await WaitForAsync(
            () => Task.FromResult(
                Admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics is [{ Error.Code: ErrorCode.NoError } row]
                && row.Partitions.Count == partitions && row.Partitions.TrueForAll(p => p.Leader >= 0 && p.Error.Code is ErrorCode.NoError)),
            $"the leaders of {topic}");
        return topic;
    }

    public IProducer<string?, string?> Producer(Action<ProducerConfig>? configure = null) => Keep(NewProducer(configure));

    /// <summary>As <see cref="Producer"/>, but the caller ends it.</summary>
    public IProducer<string?, string?> NewProducer(Action<ProducerConfig>? configure = null)
    {
        var config = new ProducerConfig { BootstrapServers = Bootstrap, LingerMs = 5, MessageTimeoutMs = 60_000 };
        configure?.Invoke(config);
        return new ProducerBuilder<string?, string?>(config)
            .SetKeySerializer(NullableText.Instance).SetValueSerializer(NullableText.Instance).SetLogHandler((_, _) => { }).Build();
    }

    public IConsumer<string?, string?> Consumer(Action<ConsumerConfig>? configure = null, Action<ConsumerBuilder<string?, string?>>? build = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = Bootstrap,
            GroupId = NewName("group"),
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            FetchWaitMaxMs = 100,
        };
        configure?.Invoke(config);
        var builder = new ConsumerBuilder<string?, string?>(config)
            .SetKeyDeserializer(NullableText.Instance).SetValueDeserializer(NullableText.Instance).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { });
        build?.Invoke(builder);
        return Keep(builder.Build());
    }

    /// <summary>Produces values "0", "1", ... with the same keys to one partition, and waits for the acknowledgements.</summary>
    public async Task ProduceAsync(string topic, int count, int partition = 0, Action<ProducerConfig>? configure = null, int first = 0)
    {
        using var producer = NewProducer(configure);
        await Task.WhenAll(
            Enumerable.Range(first, count).Select(
                n => producer.ProduceAsync(new TopicPartition(topic, partition), new Message<string?, string?> { Key = $"{n}", Value = $"{n}" }, Token)));
    }

    /// <summary>All records from an offset to the end at this moment, over all partitions.</summary>
    public List<ConsumeResult<string?, string?>> ReadAll(
        string topic, IsolationLevel isolation = IsolationLevel.ReadCommitted, Offset? from = null, int? partition = null)
    {
        using var consumer = new ConsumerBuilder<string?, string?>(
                new ConsumerConfig
                {
                    BootstrapServers = Bootstrap,
                    GroupId = NewName("reader"),
                    EnableAutoCommit = false,
                    EnablePartitionEof = true,
                    IsolationLevel = isolation,
                    AutoOffsetReset = AutoOffsetReset.Earliest,
                })
            .SetKeyDeserializer(NullableText.Instance).SetValueDeserializer(NullableText.Instance).SetLogHandler((_, _) => { }).Build();
        var partitions = Admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Select(p => p.PartitionId)
            .Where(p => partition is null || p == partition).ToList();
        consumer.Assign(partitions.Select(p => new TopicPartitionOffset(topic, p, from ?? Offset.Beginning)));
        var records = new List<ConsumeResult<string?, string?>>();
        var open = partitions.ToHashSet();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (open.Count > 0)
        {
            if (watch.Elapsed > Limit) { throw new TimeoutException($"Read {records.Count} records of {topic} and no end of partitions {string.Join(",", open)}."); }
            if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is not { } result) { continue; }
            if (result.IsPartitionEOF) { open.Remove(result.Partition); } else { records.Add(result); }
        }

        consumer.Close();
        return records;
    }

    public static Task WaitForAsync(Func<bool> condition, string what) => WaitForAsync(() => Task.FromResult(condition()), what);

    /// <exception cref="TimeoutException">The condition did not come true within <see cref="Limit"/>.</exception>
    public static async Task WaitForAsync(Func<Task<bool>> condition, string what)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Limit) { throw new TimeoutException($"Waited {Limit} for {what}."); }
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Runs before any client is disposed: a thread that still uses one would crash the process.</summary>
    public void StopFirst(Func<Task> stop) => _stops.Add(stop);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_stops.Select(stop => stop()));
        if (_topics.Count > 0)
        {
            try
            {
                await Admin.DeleteTopicsAsync(_topics, new DeleteTopicsOptions { RequestTimeout = TimeSpan.FromSeconds(20) });
            }
            catch (KafkaException)
            {
                // Already deleted, or never created: the test has said what it had to say.
            }
        }

        for (var i = _clients.Count - 1; i >= 0; i--) { _clients[i].Dispose(); }
    }

    private T Keep<T>(T client)
        where T : IDisposable
    {
        _clients.Add(client);
        return client;
    }
}

/// <summary>UTF-8 text, null kept as null.</summary>
internal sealed class NullableText : ISerializer<string?>, IDeserializer<string?>
{
    public static readonly NullableText Instance = new();

    public byte[]? Serialize(string? data, SerializationContext context) => data is null ? null : System.Text.Encoding.UTF8.GetBytes(data);

    public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : System.Text.Encoding.UTF8.GetString(data);
}
