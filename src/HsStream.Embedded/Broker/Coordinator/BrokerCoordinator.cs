using System.Diagnostics;
using System.Threading.Channels;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Group coordinator and transaction coordinator of the broker.</summary>
/// <remarks>
/// One actor owns all state: requests, deadlines and news from the disk are messages that one thread at a time works off, so that
/// nothing here needs a lock and a simulation can replay every order of events. Public methods may be called on any thread.
/// </remarks>
internal sealed partial class BrokerCoordinator : ITransactionGate, IAsyncDisposable
{
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(1);
    private static readonly Action Nothing = static () => { };
    private readonly TopicCatalog _catalog;
    private readonly CoordinatorOptions _options;
    private readonly ILogger _logger;
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly GroupCounts _groupCounts = new();
    private readonly DurableWaits _waits;
    private readonly Deadlines _deadlines;
    private readonly ITimer _timer;
    private GroupCoordinator _groups = null!;
    private OffsetCoordinator _offsets = null!;
    private TransactionCoordinator _transactions = null!;
    private Task _pump = Task.CompletedTask;
    private int _stopped;

    public BrokerCoordinator(TopicCatalog catalog, CoordinatorOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (_catalog, _options, _logger) = (catalog, options, loggers.CreateLogger<BrokerCoordinator>());
        _waits = new DurableWaits(Post);
        _deadlines = new Deadlines(time);

        // Any message wakes the actor, which then runs what is due.
        _timer = time.CreateTimer(_ => Post(Nothing), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Groups by state, for metrics.</summary>
    public GroupCounts GroupCounts => _groupCounts;

    /// <summary>Transactions that are not ended in all their partitions yet, for metrics.</summary>
    public long OpenTransactions => _transactions.OpenCount;

    /// <summary>Transactions ended since the start with that outcome, for metrics.</summary>
    public long EndedTransactions(bool committed) => _transactions.EndedCount(committed);

    /// <summary>How long the oldest of them has been open, for metrics; zero without one.</summary>
    public TimeSpan OldestTransactionAge =>
        _transactions.OldestStartMs is var start and >= 0
            ? TimeSpan.FromMilliseconds(Math.Max(0, _deadlines.NowMs - start))
            : TimeSpan.Zero;

    /// <summary>Something has reached the disk whose message is not in the inbox yet; a simulation waits until this is false.</summary>
    internal bool IsPostDue => _waits.IsPostDue;

    /// <summary>Nothing is on its way to the disk or waits to be worked off; asked in the actor.</summary>
    internal bool IsIdle => _waits.IsEmpty && !_inbox.Reader.TryPeek(out _);

    /// <summary>Makes or reads the internal topics and goes on where the last process stopped. Decided transactions are completed behind this.</summary>
    /// <exception cref="IOException">An internal topic cannot be used.</exception>
    public ValueTask StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        var offsetsLog = new StateLog(InternalTopics.Open(_catalog, InternalTopics.Offsets), _options.MaxBatchBytes, _waits);
        var transactionsLog = new StateLog(InternalTopics.Open(_catalog, InternalTopics.Transactions), _options.MaxBatchBytes, _waits);
        var store = new OffsetStore();
        _groups = new GroupCoordinator(offsetsLog, _deadlines, _options, _groupCounts, _logger);
        _offsets = new OffsetCoordinator(_catalog, offsetsLog, _groups, store, _deadlines, _options, _logger);
        _transactions = new TransactionCoordinator(_catalog, transactionsLog, offsetsLog, store, _deadlines, _options, _waits, _logger);

        var replay = new StateReplay(_groups, store, _transactions, _logger);
        replay.Offsets(InternalTopics.Read(offsetsLog.Partition));
        replay.Transactions(InternalTopics.Read(transactionsLog.Partition));
        _logger.CoordinatorLoaded(_groups.Groups.Count, _transactions.Count, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        Post(() =>
        {
            _groups.StartSessions();
            _transactions.Resume();
            Repeat("offsets", _options.OffsetsRetentionCheckInterval, _offsets.Expire);
            Repeat("transactional ids", _options.TransactionalIdCheckInterval, _transactions.Expire);
        });
        Drain();
        if (!_options.DrainedByHand) { _pump = Task.Run(PumpAsync, CancellationToken.None); }
        return ValueTask.CompletedTask;
    }

    public ErrorCode Check(long producerId, short producerEpoch, TopicPartition partition) =>
        _transactions.Gate.Check(producerId, producerEpoch, partition);

    /// <summary>Removes the offsets of a deleted topic and takes it out of open transactions. Returns at once.</summary>
    public void TopicDeleted(Guid topicId, string name) => Post(() =>
    {
        _transactions.TopicDeleted(topicId);
        _offsets.TopicDeleted(name);
    });

    /// <summary>Works off all messages and what is due, on the calling thread.</summary>
    internal void Drain()
    {
        Run(Nothing);
        while (_inbox.Reader.TryRead(out var message)) { Run(message); }

        // Timers count whole milliseconds: one more, lest it fires just before the deadline again and again.
        if (_deadlines.UntilNext is { } next) { _timer.Change(next + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); }
    }

    /// <summary>Answers all that is parked, lets what waits for the disk arrive, then stops. The log manager must still be running.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) { return; }

        if (_groups is not null)
        {
            Post(() =>
            {
                _groups.Stop();
                _transactions.Stop();
            });
            var begun = Stopwatch.GetTimestamp();
            while (!_options.DrainedByHand && Stopwatch.GetElapsedTime(begun) < LongestStop && !await AskAsync<bool>(reply => reply.SetResult(IsIdle)))
            {
                await Task.Delay(1);
            }
        }

        _inbox.Writer.TryComplete();
        if (_options.DrainedByHand) { Drain(); }
        await _pump;
        await _timer.DisposeAsync();
    }

    private void Post(Action message) => _inbox.Writer.TryWrite(message);

    private async Task PumpAsync()
    {
        while (await _inbox.Reader.WaitToReadAsync()) { Drain(); }
    }

    private void Repeat(string name, TimeSpan interval, Action action) => _deadlines.Schedule(
        new DeadlineKey(DeadlineKind.Housekeeping, name),
        interval,
        () =>
        {
            Repeat(name, interval, action);
            action();
        });

    private void Run(Action message)
    {
        try
        {
            message();
            _deadlines.RunDue();
        }
#pragma warning disable CA1031 // The actor's edge: one message that fails must not end groups and transactions of everybody else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.MessageFailed(exception);
        }
    }

    /// <summary>Puts a request to the actor.</summary>
    /// <returns>Its answer; failed when the request made the actor throw, cancelled when the coordinator has stopped.</returns>
    private Task<TResponse> AskAsync<TResponse>(Action<TaskCompletionSource<TResponse>> handle)
    {
        var reply = new TaskCompletionSource<TResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = _inbox.Writer.TryWrite(() =>
        {
            try
            {
                handle(reply);
            }
            catch (Exception exception)
            {
                reply.TrySetException(exception);
                throw;
            }
        });
        if (!posted) { reply.SetCanceled(); }
        return reply.Task;
    }
}
