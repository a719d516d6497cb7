using Confluent.Kafka;
using HsStream.Streaming.Processing;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Feeding;

/// <summary>Feeds several topics to a store that keeps the offsets itself, beside what it makes of the records.</summary>
/// <remarks>
/// Committed records only. The group assigns partitions and keeps no offsets. While the store is away the same batch is tried again
/// and again; the membership does not suffer, because another thread polls. Nothing is handled for a partition that has gone:
/// what is in hand is finished or cancelled before the partition goes.
/// </remarks>
public sealed class ManualOffsetConsumer : IFeedListener, IDisposable
{
    private readonly ManualOffsetOptions _options;
    private readonly IOffsetBatchHandler _handler;
    private readonly StreamingMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly PartitionFeed _feed;
    private readonly AsyncSignal _signal = new();
    private readonly Lock _gate = new();
    private readonly HashSet<TopicPartition> _unknown = [];
    private CancellationTokenSource _work = new();
    private TaskCompletionSource? _busy;
    private volatile bool _isReady;
    private int _settling;
    private long _knownEpoch;

    public ManualOffsetConsumer(
        KafkaSettings settings, ManualOffsetOptions options, IOffsetBatchHandler handler, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        System.ComponentModel.DataAnnotations.Validator.ValidateObject(options, new(options), validateAllProperties: true);
        _options = options;
        _handler = handler;
        _metrics = metrics;
        _logger = loggers.CreateLogger<ManualOffsetConsumer>();
        _time = time;
        var lag = new LagReport(options.Stage, metrics);
        _feed = new PartitionFeed(
            settings,
            new FeedOptions(options.GroupId, options.Stage, options.InputTopics, options.MaxQueuedRecords, options.MaxQueuedBytes, options.SessionTimeout, PositionsAreElsewhere: true),
            this, _signal.Set, lag.Read, _logger, time);
    }

    /// <summary>True once the group has answered; false again when the consumer has ended.</summary>
    public bool IsReady => _isReady;

    /// <summary>Works until cancelled, then finishes the batch in hand and leaves the group.</summary>
    /// <exception cref="ProcessorFatalException">The client failed for good, or the handler said so.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        _feed.Start();
        await using var registration = stopping.Register(() =>
        {
            _signal.Set();
            CancelWorkAfter(_options.DrainTimeout);
        });
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                if (_feed.Ended.IsFaulted) { await _feed.Ended; }
                await LoadOffsetsAsync(stopping);
                if (TakeBatch() is { } batch) { await HandleAsync(batch, stopping); }
                else { await _signal.WaitAsync(NextWait()); }
            }
        }
        finally
        {
            _isReady = false;
            _feed.Stop();
            await Task.WhenAny(_feed.Ended);
        }

        await _feed.Ended;
    }

    public void Dispose()
    {
        _feed.Dispose();
        _signal.Dispose();
        _work.Dispose();
    }

    void IFeedListener.Assigned(IReadOnlyList<TopicPartition> added)
    {
        lock (_gate) { _unknown.UnionWith(added); }
        _isReady = true;
        _signal.Set();
    }

    void IFeedListener.Revoking(IReadOnlyList<TopicPartition> removed)
    {
        Task busy;
        lock (_gate)
        {
            _unknown.ExceptWith(removed);
            _settling++;
            busy = _busy?.Task ?? Task.CompletedTask;
        }

        if (!busy.Wait(_options.DrainTimeout))
        {
            _logger.WorkGivenUp(_options.Stage, _options.DrainTimeout);
            GiveUpWork();
            busy.Wait(TimeSpan.FromSeconds(10));
        }

        lock (_gate) { _settling--; }
        _signal.Set();
    }

    void IFeedListener.Lost(IReadOnlyList<TopicPartition> removed)
    {
        lock (_gate) { _unknown.ExceptWith(removed); }
        GiveUpWork();
        _signal.Set();
    }

    private async Task LoadOffsetsAsync(CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
        {
            var partitions = Unknown();
            if (partitions.Count == 0) { return; }
            try
            {
                var offsets = await _handler.LoadOffsetsAsync(partitions, stopping);
                foreach (var partition in partitions) { _feed.StartAt(partition, offsets.TryGetValue(partition, out var next) ? next : Offset.Beginning.Value); }
                lock (_gate) { _unknown.ExceptWith(partitions); }
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not ProcessorFatalException)
            {
                // The store is away; the records wait in their topics.
                _logger.BatchRetried(_options.Stage, 0, attempt, e.GetType().Name);
                if (await IsStoppedAfterAsync(attempt, stopping)) { return; }
            }
        }
    }

    private HashSet<TopicPartition> Unknown()
    {
        var epoch = _feed.Buffer.Epoch;
        lock (_gate)
        {
            if (epoch != _knownEpoch)
            {
                // Everything was dropped, so every partition must be set to where the store is.
                _knownEpoch = epoch;
                _unknown.UnionWith(_feed.Owned);
            }

            return [.. _unknown];
        }
    }

    private List<InputRecord>? TakeBatch()
    {
        lock (_gate)
        {
            if (_settling > 0 || _feed.Buffer.OldestAt is not { } oldest) { return null; }
            var isFull = _feed.Buffer.Count >= _options.MaxBatchRecords;
            if (!isFull && _time.GetElapsedTime(oldest) < _options.MaxBatchWait) { return null; }
            var (records, epoch) = _feed.Buffer.Take(_options.MaxBatchRecords);
            if (records.Count == 0 || epoch != _knownEpoch) { return null; }
            // Under one lock with the revocation: either it sees this batch, or the batch has nothing of the revoked partitions.
            _busy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_work.IsCancellationRequested) { _work = new CancellationTokenSource(); }
            _metrics.Batches.WithLabels(_options.Stage, isFull ? "full" : "waited").Inc();
            _metrics.BatchRecords.WithLabels(_options.Stage).Observe(records.Count);
            _metrics.QueueSeconds.WithLabels(_options.Stage).Observe(_time.GetElapsedTime(records[0].ReceivedAt).TotalSeconds);
            return records;
        }
    }

    private async Task HandleAsync(List<InputRecord> batch, CancellationToken stopping)
    {
        var token = _work.Token;
        try
        {
            for (var attempt = 1; !token.IsCancellationRequested; attempt++)
            {
                if (await TryAsync(batch, attempt, token)) { return; }
                // At shutdown a store that is away is not waited for.
                if (await IsStoppedAfterAsync(attempt, stopping)) { return; }
            }
        }
        finally
        {
            lock (_gate)
            {
                _busy!.TrySetResult();
                _busy = null;
            }
        }
    }

    /// <returns>True when the batch is settled, one way or the other.</returns>
    private async Task<bool> TryAsync(List<InputRecord> batch, int attempt, CancellationToken token)
    {
        var started = _time.GetTimestamp();
        try
        {
            await _handler.HandleAsync(batch, token);
            Count(batch, started);
            return true;
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            _feed.Rewind();
            return true;
        }
        catch (StaleOffsetsException)
        {
            _metrics.Transactions.WithLabels(_options.Stage, "aborted").Inc();
            _logger.TransactionAborted(_options.Stage, batch.Count, "the store is further");
            _feed.Rewind();
            return true;
        }
        catch (Exception e) when (e is not ProcessorFatalException)
        {
            // The edge of the store's code. Nothing is skipped: the batch is tried until it is stored or belongs to somebody else.
            _metrics.HandlerFailures.WithLabels(_options.Stage, "transient").Inc();
            _logger.BatchRetried(_options.Stage, batch.Count, attempt, e.GetType().Name);
            return false;
        }
    }

    private void Count(List<InputRecord> batch, long started)
    {
        _metrics.Records.WithLabels(_options.Stage).Inc(batch.Count);
        _metrics.Transactions.WithLabels(_options.Stage, "committed").Inc();
        _metrics.TransactionSeconds.WithLabels(_options.Stage).Observe(_time.GetElapsedTime(started).TotalSeconds);
        var now = _time.GetUtcNow();
        var latency = _metrics.LatencySeconds.WithLabels(_options.Stage);
        foreach (var record in batch) { latency.Observe(Math.Max(0, (now - record.Timestamp).TotalSeconds)); }
        _metrics.LagSeconds.WithLabels(_options.Stage).Set(_feed.Buffer.Count == 0 ? 0 : Math.Max(0, (now - batch[^1].Timestamp).TotalSeconds));
    }

    private async Task<bool> IsStoppedAfterAsync(int attempt, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(Backoff.Delay(attempt, _options.Backoff, _options.MaxBackoff), _time, stopping);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private TimeSpan NextWait()
    {
        if (_feed.Buffer.OldestAt is not { } oldest) { return TimeSpan.FromMilliseconds(250); }
        var left = _options.MaxBatchWait - _time.GetElapsedTime(oldest);
        return left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }

    private void GiveUpWork()
    {
        _feed.Rewind();
        lock (_gate) { _work.Cancel(); }
    }

    private void CancelWorkAfter(TimeSpan limit)
    {
        lock (_gate) { _work.CancelAfter(limit); }
    }
}
