using Confluent.Kafka;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Feeding;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Processing;

/// <summary>Consumes, has a handler transform, and produces, exactly once: docs/adr/0010 tells the rules.</summary>
/// <remarks>
/// One consumer and one transactional producer of its own. Records of a partition are handled in offset order, and what they lead to
/// is produced in that order. Run it once; run more of them, in this process or others, to share the partitions.
/// </remarks>
public sealed class TransactionalProcessor : IFeedListener, IDisposable
{
    private readonly ProcessorOptions _options;
    private readonly StreamingMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly BatchRunner _runner;
    private readonly TransactionClient _producer;
    private readonly PartitionFeed _feed;
    private readonly AsyncSignal _signal = new();
    private readonly OpenTransaction _transaction = new();
    private readonly LoopProbe _probe;
    private volatile TaskCompletionSource? _settling;
    private volatile IConsumerGroupMetadata? _group;
    private volatile bool _isReady;
    private volatile HandledBatch? _inHand;
    private volatile bool _isOver;
    private int _abortsInARow;
    private long? _stoppedAt;

    public TransactionalProcessor(
        KafkaSettings settings, ProcessorOptions options, IRecordHandler handler, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time)
        : this(settings, options, handler, metrics, loggers, time, probe: null)
    {
    }

    internal TransactionalProcessor(
        KafkaSettings settings, ProcessorOptions options, IRecordHandler handler, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time, LoopProbe? probe)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        System.ComponentModel.DataAnnotations.Validator.ValidateObject(options, new(options), validateAllProperties: true);
        _options = options;
        _metrics = metrics;
        _logger = loggers.CreateLogger<TransactionalProcessor>();
        _time = time;
        _probe = probe ?? (_ => { });
        _runner = new BatchRunner(options, handler, metrics, _logger, time);
        _producer = new TransactionClient(settings, options, _logger, time);
        var lag = new LagReport(options.Stage, metrics);
        _feed = new PartitionFeed(
            settings,
            new FeedOptions(options.GroupId, options.Stage, options.InputTopics, options.MaxQueuedRecords, options.MaxQueuedBytes, options.SessionTimeout),
            this, _signal.Set, lag.Read, _logger, time);
    }

    /// <summary>True once the transactional id is ours and the group has answered; false again when the loop has ended.</summary>
    public bool IsReady => _isReady;

    /// <summary>Decodes each record for a handler of messages; what cannot be decoded is dead-lettered.</summary>
    public static TransactionalProcessor For<T>(
        KafkaSettings settings, ProcessorOptions options, MessageCodec<T> codec, IMessageHandler<T> handler, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time)
        where T : class =>
        new(settings, options, new DecodingHandler<T>(codec, handler), metrics, loggers, time);

    /// <summary>Works until cancelled, then finishes the batch in hand, commits, and leaves the group.</summary>
    /// <exception cref="ProcessorFatalException">It was fenced, or a client failed for good: end the process.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await _producer.InitializeAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (TransactionAbortException e)
        {
            throw new ProcessorFatalException($"The producer {_options.TransactionalId} could not begin: {e.Message}", e);
        }

        _logger.ProcessorReady(_options.Stage, _options.TransactionalId, _options.GroupId);
        _feed.Start();
        try
        {
            await using var registration = stopping.Register(() =>
            {
                _producer.GiveUpAfter(_options.DrainTimeout);
                _signal.Set();
            });
            await LoopAsync(stopping);
            _isOver = true;
            _feed.Stop();
            await _feed.Ended;
            _logger.ProcessorDrained(_options.Stage, _options.GroupId);
        }
        finally
        {
            _isReady = false;
            _isOver = true;
            // Whatever ended the loop, the polling thread must not wait for it in a callback, and must be gone before its client is.
            _feed.Stop();
            _settling?.TrySetResult();
            await Task.WhenAny(_feed.Ended);
            _inHand?.Cancel();
        }
    }

    public void Dispose()
    {
        _feed.Dispose();
        _producer.Dispose();
        _signal.Dispose();
    }

    void IFeedListener.Assigned(IReadOnlyList<TopicPartition> added)
    {
        // Fetched here, where the client stands between two rebalances, it names the generation that owns what we work on.
        _group = _feed.GroupMetadata;
        _isReady = true;
        _signal.Set();
    }

    void IFeedListener.Revoking(IReadOnlyList<TopicPartition> removed)
    {
        _group = _feed.GroupMetadata;
        Settle();
    }

    void IFeedListener.Lost(IReadOnlyList<TopicPartition> removed)
    {
        _group = null;
        _feed.Rewind();
        _inHand?.Cancel();
        _signal.Set();
    }

    /// <summary>Blocks the rebalance until what was taken is committed, or given up.</summary>
    private void Settle()
    {
        var settling = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _settling = settling;
        _signal.Set();
        // A loop that has ended leaves nothing open; or it has failed, and what it left can be committed by nobody.
        if (_isOver) { return; }
        if (!settling.Task.Wait(_options.DrainTimeout))
        {
            _logger.WorkGivenUp(_options.Stage, _options.DrainTimeout);
            _group = null;
            _feed.Rewind();
            _inHand?.Cancel();
            _signal.Set();
            settling.Task.Wait(TimeSpan.FromSeconds(10));
        }

        _settling = null;
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        while (true)
        {
            if (_feed.Ended.IsFaulted) { await _feed.Ended; }
            try
            {
                var mustSettle = _settling is not null || stopping.IsCancellationRequested;
                if (_inHand is { IsDone: true } done)
                {
                    _inHand = null;
                    await AbsorbAsync(done);
                }

                if (_inHand is null && !mustSettle) { _inHand = TakeBatch(); }
                if (_transaction.IsOpen && IsDue(mustSettle)) { await CommitAsync(); }
                if (mustSettle && _inHand is null && !_transaction.IsOpen)
                {
                    _settling?.TrySetResult();
                    if (stopping.IsCancellationRequested) { return; }
                }
            }
            catch (TransactionAbortException e)
            {
                await AbortAsync(e);
            }

            if (stopping.IsCancellationRequested) { await GiveUpLateWorkAsync(); }
            if (_inHand is not { IsDone: true }) { await _signal.WaitAsync(NextWait()); }
        }
    }

    private HandledBatch? TakeBatch()
    {
        var waiting = _feed.Buffer.Count;
        if (waiting == 0 || _feed.Buffer.OldestAt is not { } oldest) { return null; }
        var isFull = waiting >= _options.MaxBatchRecords;
        if (!isFull && _time.GetElapsedTime(oldest) < _options.MaxBatchWait) { return null; }
        var (records, epoch) = _feed.Buffer.Take(_options.MaxBatchRecords);
        if (records.Count == 0) { return null; }
        _metrics.Batches.WithLabels(_options.Stage, isFull ? "full" : "waited").Inc();
        _metrics.BatchRecords.WithLabels(_options.Stage).Observe(records.Count);
        _metrics.QueueSeconds.WithLabels(_options.Stage).Observe(_time.GetElapsedTime(records[0].ReceivedAt).TotalSeconds);
        _probe(LoopStep.BatchTaken);
        return HandledBatch.Start(records, epoch, _runner, _signal, _time);
    }

    /// <summary>Puts a handled batch into the transaction.</summary>
    private async Task AbsorbAsync(HandledBatch batch)
    {
        if (batch.Epoch != _feed.Buffer.Epoch)
        {
            await batch.ForgetAsync();
            return;
        }

        var outputs = await batch.OutputsAsync();
        _metrics.HandleSeconds.WithLabels(_options.Stage).Observe(batch.Elapsed.TotalSeconds);
        _probe(LoopStep.Handled);
        if (!_transaction.IsOpen)
        {
            _producer.Begin();
            _transaction.Begin(batch.Epoch, _time.GetTimestamp());
            _probe(LoopStep.Begun);
        }

        _transaction.Add(batch.Records, outputs);
        foreach (var output in outputs.Records) { await _producer.ProduceAsync(output); }
        foreach (var (record, reason) in outputs.DeadLetters)
        {
            _logger.RecordDeadLettered(record.Topic, record.Position.Partition, record.Position.Offset, reason);
        }

        _probe(LoopStep.Produced);
    }

    /// <summary>At once when nothing waits; soon when little waits; after the full time when batches queue up behind it.</summary>
    private bool IsDue(bool mustSettle)
    {
        // A given-up epoch is due for its abort.
        if (_transaction.Epoch != _feed.Buffer.Epoch) { return true; }
        var waiting = _feed.Buffer.Count;
        if (waiting == 0 && _inHand is null) { return true; }
        if (mustSettle && _inHand is null) { return true; }
        return _transaction.Records >= _options.MaxTransactionRecords || _transaction.Bytes >= _options.MaxTransactionBytes
            || _time.GetElapsedTime(_transaction.StartedAt) >= (waiting >= _options.MaxBatchRecords ? _options.MaxTransactionTime : _options.IdleTransactionTime);
    }

    private async Task CommitAsync()
    {
        if (_transaction.Epoch != _feed.Buffer.Epoch || _group is not { } group) { throw new TransactionAbortException("its partitions are gone"); }
        await _producer.SendOffsetsAsync(_transaction.Offsets, group);
        _probe(LoopStep.OffsetsSent);
        await _producer.CommitAsync();
        _probe(LoopStep.Committed);
        _abortsInARow = 0;
        foreach (var (partition, next) in _transaction.Next) { _feed.Settled(partition, next); }
        Count();
        _transaction.Clear();
    }

    private async Task AbortAsync(TransactionAbortException reason)
    {
        if (_inHand is { } inHand)
        {
            _inHand = null;
            inHand.Cancel();
            await inHand.ForgetAsync();
        }

        if (_transaction.IsOpen)
        {
            _logger.TransactionAborted(_options.Stage, _transaction.Records, reason.Message);
            _metrics.Transactions.WithLabels(_options.Stage, "aborted").Inc();
            _transaction.Clear();
            try
            {
                await _producer.AbortAsync(hasFailed: reason.InnerException is not null);
            }
            catch (TransactionAbortException e)
            {
                throw new ProcessorFatalException($"The producer {_options.TransactionalId} could not abort: {e.Message}", e);
            }
        }

        _probe(LoopStep.Aborted);
        _feed.Rewind();
        await Task.Delay(Backoff.Delay(++_abortsInARow, TimeSpan.FromMilliseconds(10), _options.MaxBackoff), _time, CancellationToken.None);
    }

    private void Count()
    {
        var stage = _options.Stage;
        _metrics.Transactions.WithLabels(stage, "committed").Inc();
        _metrics.TransactionSeconds.WithLabels(stage).Observe(_time.GetElapsedTime(_transaction.StartedAt).TotalSeconds);
        _metrics.Records.WithLabels(stage).Inc(_transaction.Records);
        _metrics.Outputs.WithLabels(stage).Inc(_transaction.Outputs);
        foreach (var reason in _transaction.DeadLetterReasons) { _metrics.DeadLetters.WithLabels(stage, reason).Inc(); }
        var now = _time.GetUtcNow();
        var latency = _metrics.LatencySeconds.WithLabels(stage);
        var newest = DateTimeOffset.MinValue;
        foreach (var timestamp in _transaction.Timestamps)
        {
            // A producer's clock may be ahead of ours.
            latency.Observe(Math.Max(0, (now - timestamp).TotalSeconds));
            if (timestamp > newest) { newest = timestamp; }
        }

        _metrics.LagSeconds.WithLabels(stage).Set(_feed.Buffer.Count == 0 ? 0 : Math.Max(0, (now - newest).TotalSeconds));
    }

    private TimeSpan NextWait()
    {
        if (_transaction.IsOpen)
        {
            var limit = _feed.Buffer.Count >= _options.MaxBatchRecords ? _options.MaxTransactionTime : _options.IdleTransactionTime;
            var left = limit - _time.GetElapsedTime(_transaction.StartedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        if (_inHand is null && _feed.Buffer.OldestAt is { } oldest)
        {
            var left = _options.MaxBatchWait - _time.GetElapsedTime(oldest);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        return TimeSpan.FromMilliseconds(250);
    }

    /// <summary>At shutdown the batch in hand has its time; then it is given up and read again by the next owner.</summary>
    private async Task GiveUpLateWorkAsync()
    {
        _stoppedAt ??= _time.GetTimestamp();
        if (_inHand is not { } inHand || _time.GetElapsedTime(_stoppedAt.Value) < _options.DrainTimeout) { return; }
        _logger.WorkGivenUp(_options.Stage, _options.DrainTimeout);
        _inHand = null;
        inHand.Cancel();
        await inHand.ForgetAsync();
    }
}
