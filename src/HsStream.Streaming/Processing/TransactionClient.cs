using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Processing;

/// <summary>The transaction cannot be committed; abort it and do the work again.</summary>
internal sealed class TransactionAbortException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>A transactional producer whose steps have three ends: done, to be aborted, or fatal. Used by one task at a time.</summary>
/// <remarks>The steps of the client block; they run on the pool.</remarks>
internal sealed class TransactionClient : IDisposable
{
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(10);

    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly ProcessorOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _patience = new();

    public TransactionClient(KafkaSettings settings, ProcessorOptions options, ILogger logger, TimeProvider time)
    {
        _options = options;
        _logger = logger;
        _time = time;
        var config = ClientConfigs.Producer(settings, options.Stage);
        config.TransactionalId = options.TransactionalId;
        config.TransactionTimeoutMs = (int)options.TransactionTimeout.TotalMilliseconds;
        config.MessageTimeoutMs = config.TransactionTimeoutMs;
        // A dead letter is an input record, and headers.
        config.MessageMaxBytes = Math.Clamp(2 * Math.Max(options.MaxOutputBytes, options.MaxRecordBytes), 1_000_000, 1_000_000_000);
        config.QueueBufferingMaxKbytes = (int)Math.Clamp(4 * options.MaxTransactionBytes / 1024, 16_384, 1 << 20);
        config.QueueBufferingMaxMessages = Math.Clamp(2 * options.MaxTransactionRecords, 10_000, 10_000_000);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetLogHandler((_, message) => logger.Client(message)).SetErrorHandler((_, error) => logger.Client(error)).Build();
    }

    /// <summary>Waits for the coordinator, ends what an earlier incarnation left open, and fences it.</summary>
    public Task InitializeAsync(CancellationToken cancellationToken) => StepAsync("InitTransactions", () => _producer.InitTransactions(StepTime), cancellationToken);

    public void Begin()
    {
        try
        {
            _producer.BeginTransaction();
        }
        catch (KafkaException e)
        {
            throw Classified(e);
        }
    }

    public async Task ProduceAsync(OutputRecord record)
    {
        var message = new Message<byte[]?, byte[]?> { Key = record.Key, Value = record.Value, Headers = record.Headers, Timestamp = new Timestamp(_time.GetUtcNow()) };
        while (true)
        {
            try
            {
                _producer.Produce(record.Topic, message);
                return;
            }
            catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                // Bounded memory: waits until the brokers have taken something.
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time);
            }
            catch (KafkaException e)
            {
                throw Classified(e);
            }
        }
    }

    public Task SendOffsetsAsync(IEnumerable<TopicPartitionOffset> offsets, IConsumerGroupMetadata group) =>
        StepAsync("SendOffsetsToTransaction", () => _producer.SendOffsetsToTransaction(offsets, group, StepTime), CancellationToken.None);

    /// <exception cref="TransactionAbortException">It is certain that it was not committed.</exception>
    public Task CommitAsync() => StepAsync("CommitTransaction", () => _producer.CommitTransaction(StepTime), CancellationToken.None);

    public async Task AbortAsync(bool hasFailed)
    {
        // The client says EndTxn as soon as AddPartitionsToTxn is sent; a coordinator that has not begun yet would call that fatal.
        if (!hasFailed) { await Task.Run(() => _producer.Flush(TimeSpan.FromSeconds(2))); }
        await StepAsync("AbortTransaction", () => _producer.AbortTransaction(StepTime), CancellationToken.None);
    }

    /// <summary>At shutdown: after so long a step that does not succeed is not tried again. The heir ends the transaction then.</summary>
    public void GiveUpAfter(TimeSpan limit) => _patience.CancelAfter(limit);

    public void Dispose()
    {
        _producer.Dispose();
        _patience.Dispose();
    }

    private async Task StepAsync(string name, Action step, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await Task.Run(step, CancellationToken.None);
                return;
            }
            catch (KafkaRetriableException e) when (!e.Error.IsFatal)
            {
                if (_patience.IsCancellationRequested)
                {
                    throw new ProcessorFatalException($"{name} of {_options.TransactionalId} did not succeed before the shutdown's limit: {e.Error.Code}", e);
                }

                _logger.TransactionStepRetried(name, e.Error.Code.ToString());
                await Task.Delay(Backoff.Delay(attempt, _options.Backoff, _options.MaxBackoff), _time, cancellationToken);
            }
            catch (KafkaException e)
            {
                throw Classified(e);
            }
        }
    }

    private Exception Classified(KafkaException e) =>
        e is KafkaTxnRequiresAbortException && !e.Error.IsFatal ? new TransactionAbortException(e.Error.Code.ToString(), e)
        : e.Error.IsFatal || e.Error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.Local_Fatal
            ? new ProcessorFatalException($"The producer {_options.TransactionalId} can never commit again: {e.Error.Code}, {e.Error.Reason}", e)
        : new TransactionAbortException(e.Error.Code.ToString(), e);
}
