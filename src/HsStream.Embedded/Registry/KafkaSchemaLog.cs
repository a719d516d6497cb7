using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Registry;

/// <summary>The schemas topic of a Kafka cluster.</summary>
/// <remarks>
/// Every registry of a topic writes in transactions of one and the same transactional id, so that a new writer fences
/// the old one and ends what it left open at once. The offset at which a record lands is compared with the one
/// expected before the transaction is committed, which also catches writers that take no part in this: the
/// transaction is then aborted and nobody reads it.
/// </remarks>
internal sealed class KafkaSchemaLog : ISchemaLog
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly SchemaRegistryOptions _options;
    private readonly TopicPartition _partition;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IConsumer<byte[], byte[]?> _consumer;

    // A connection serves its requests in turn: asked by the reader, the end would wait behind the fetch that waits for it.
    private readonly IConsumer<byte[], byte[]?> _ends;
    private readonly IAdminClient _admin;
    private Task _reading = Task.CompletedTask;
    private IProducer<byte[], byte[]?>? _producer;
    private volatile bool _topicChecked;

    public KafkaSchemaLog(SchemaRegistryOptions options, ILogger logger)
    {
        (_options, _logger, _partition) = (options, logger, new TopicPartition(options.Topic, 0));
        _consumer = Consumer();
        _ends = Consumer();
        _admin = new AdminClientBuilder(new AdminClientConfig(Client())).SetLogHandler(Log).SetErrorHandler(LogError).Build();
    }

    public void Start(ISchemaLogReader reader) => _reading = Task.Factory.StartNew(
        () => Read(reader), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Creates the topic, or checks that the one there can hold a registry.</summary>
    /// <exception cref="SchemaLogException">The cluster does not answer, or the topic is of the wrong kind.</exception>
    public async Task EnsureTopicAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _admin.CreateTopicsAsync(
                [new TopicSpecification
                {
                    Name = _options.Topic, NumPartitions = 1, ReplicationFactor = _options.ReplicationFactor,
                    Configs = new() { ["cleanup.policy"] = "compact" },
                }],
                new CreateTopicsOptions { RequestTimeout = CallTimeout, OperationTimeout = CallTimeout }).WaitAsync(cancellationToken);
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            await CheckTopicAsync(cancellationToken);
        }
        catch (KafkaException e)
        {
            throw Unreachable(e);
        }
        _topicChecked = true;
    }

    public Task<long> EndAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                // The consumer reads committed records only, and so this is the last stable offset.
                return _ends.QueryWatermarkOffsets(_partition, CallTimeout).High.Value;
            }
            catch (KafkaException e)
            {
                throw Unreachable(e);
            }
        },
        cancellationToken);

    public async Task<long> AcquireAsync(CancellationToken cancellationToken)
    {
        if (!_topicChecked) { await EnsureTopicAsync(cancellationToken); }
        if (_producer is null)
        {
            var producer = new ProducerBuilder<byte[], byte[]?>(new ProducerConfig(Client())
            {
                TransactionalId = $"hsstream-schema-registry-{_options.Topic}",
                TransactionTimeoutMs = 10_000,
                MessageTimeoutMs = 5_000,
                RequestTimeoutMs = 5_000,
                RetryBackoffMs = 20,
                LingerMs = 0,
                MessageMaxBytes = 64 * 1024 * 1024,
                AllowAutoCreateTopics = false,
            }).SetLogHandler(Log).SetErrorHandler(LogError).Build();
            try
            {
                await Task.Run(() => producer.InitTransactions(CallTimeout), cancellationToken);
            }
            catch (Exception e)
            {
                producer.Dispose();
                if (e is not KafkaException failure) { throw; }
                throw Unreachable(failure);
            }
            _producer = producer;
        }
        return await EndAsync(cancellationToken);
    }

    public async Task<bool> TryAppendAsync(
        long expectedEnd, IReadOnlyList<SchemaLogRecord> records, CancellationToken cancellationToken)
    {
        var producer = _producer ?? throw new InvalidOperationException("AcquireAsync comes first.");
        try
        {
            producer.BeginTransaction();
            var sent = records.Select(record => producer.ProduceAsync(
                _partition, new Message<byte[], byte[]?> { Key = record.Key(), Value = record.Value() }, CancellationToken.None)).ToList();
            var stored = await Task.WhenAll(sent);
            if (stored[0].Offset.Value != expectedEnd || stored[^1].Offset.Value != expectedEnd + records.Count - 1)
            {
                await Task.Run(() => producer.AbortTransaction(CallTimeout), CancellationToken.None);
                return false;
            }
            await Task.Run(() => producer.CommitTransaction(CallTimeout), CancellationToken.None);
            return true;
        }
        catch (KafkaException e)
        {
            // A new producer's InitTransactions settles whatever this one left open.
            _producer = null;
            await Task.Run(producer.Dispose, CancellationToken.None);
            if (IsFenced(e.Error.Code))
            {
                _logger.WriterReplaced(_options.Topic);
                return false;
            }
            throw e.Error.Code is ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge
                ? new SchemaLogException(e.Error.Reason, e, isTooLarge: true) : Unreachable(e);
        }
    }

    public async Task<string> ClusterIdAsync(CancellationToken cancellationToken)
    {
        try
        {
            var cluster = await _admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = CallTimeout })
                .WaitAsync(cancellationToken);
            return cluster.ClusterId ?? "";
        }
        catch (KafkaException e)
        {
            throw Unreachable(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        await Task.Run(() =>
        {
            _producer?.Dispose();
            _admin.Dispose();
            _consumer.Dispose();
            _ends.Dispose();
        });
        _stopping.Dispose();
    }

    private void Read(ISchemaLogReader reader)
    {
        _consumer.Assign(new TopicPartitionOffset(_partition, Offset.Beginning));
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                // The end of the partition is reported past transaction markers, which are no records.
                if (_consumer.Consume(TimeSpan.FromMilliseconds(100)) is not { } result) { continue; }
                if (result.IsPartitionEOF) { reader.OnPosition(result.Offset.Value); }
                else if (result.Message.Key is { } key)
                {
                    reader.OnRecord(result.Offset.Value, key, result.Message.Value, result.Message.Timestamp.UnixTimestampMs);
                }
                else { reader.OnPosition(result.Offset.Value + 1); }
            }
            catch (ConsumeException e)
            {
                // The client goes on by itself once the cluster does.
                _logger.KafkaClient(e.Message);
            }
        }
    }

    private async Task CheckTopicAsync(CancellationToken cancellationToken)
    {
        var topics = await _admin.DescribeTopicsAsync(
            TopicCollection.OfTopicNames([_options.Topic]), new DescribeTopicsOptions { RequestTimeout = CallTimeout }).WaitAsync(cancellationToken);
        if (topics.TopicDescriptions[0].Partitions is { Count: not 1 } partitions)
        {
            throw new SchemaLogException($"Topic {_options.Topic} must have 1 partition to hold schemas, but has {partitions.Count}.");
        }
        var configs = await _admin.DescribeConfigsAsync(
            [new ConfigResource { Name = _options.Topic, Type = ResourceType.Topic }],
            new DescribeConfigsOptions { RequestTimeout = CallTimeout }).WaitAsync(cancellationToken);
        if (configs[0].Entries.TryGetValue("cleanup.policy", out var policy) && policy.Value != "compact")
        {
            throw new SchemaLogException(
                $"Topic {_options.Topic} must have cleanup.policy=compact to keep schemas, but has {policy.Value}.");
        }
    }

    private SchemaLogException Unreachable(KafkaException e)
    {
        // Whoever deleted the topic, it is made again before the next write.
        if (e.Error.Code is ErrorCode.Local_UnknownPartition or ErrorCode.Local_UnknownTopic or ErrorCode.UnknownTopicOrPart or ErrorCode.UnknownTopicId)
        {
            _topicChecked = false;
        }
        return new SchemaLogException($"the Kafka cluster at {_options.BootstrapServers} did not serve topic {_options.Topic}: {e.Error.Reason}", e);
    }

    private static bool IsFenced(ErrorCode code) => code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced
        or ErrorCode.InvalidProducerEpoch or ErrorCode.InvalidProducerIdMapping or ErrorCode.UnknownProducerId;

    private IConsumer<byte[], byte[]?> Consumer() => new ConsumerBuilder<byte[], byte[]?>(new ConsumerConfig(Client())
    {
        // Never joined; the client wants one.
        GroupId = _options.GroupId,
        EnableAutoCommit = false,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        IsolationLevel = IsolationLevel.ReadCommitted,
        EnablePartitionEof = true,
        // The end of the partition is reported by a fetch that waited in vain; whoever takes over the writing waits for that.
        FetchWaitMaxMs = 50,
        FetchErrorBackoffMs = 50,
        AllowAutoCreateTopics = false,
    }).SetLogHandler(Log).SetErrorHandler(LogError).Build();

    private ClientConfig Client() => new()
    {
        BootstrapServers = _options.BootstrapServers,
        ClientId = "hsstream-schema-registry",
        ReconnectBackoffMs = 50,
        ReconnectBackoffMaxMs = 1_000,
        SocketTimeoutMs = 10_000,
        SocketNagleDisable = true,
    };

    private void Log<TClient>(TClient client, LogMessage message) => _logger.KafkaClient(message.Message);

    private void LogError<TClient>(TClient client, Error error) => _logger.KafkaClient(error.Reason);
}
