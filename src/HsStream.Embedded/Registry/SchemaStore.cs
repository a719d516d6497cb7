using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Registry;

/// <summary>Keeps the state that the log gives and is the only one to append to the log.</summary>
/// <remarks>
/// <para>
/// A write is decided against the whole log, and appended only if nobody has appended since: (1) become the writer
/// and learn the log's end, (2) apply everything up to that end, (3) decide, (4) append where the end was, all or
/// nothing, (5) wait until the reader has brought the records back, and only then answer. If (4) finds that somebody
/// else wrote, all starts again. Hence ids, versions and compatibility hold across any number of registries, and an
/// answered write is in the state of the registry that answered.
/// </para>
/// <para>
/// When (4) fails without saying whether it took place, (1) settles it, and (2) shows it: the records stand at the
/// offsets where they were meant to, or never will. Only one batch is on its way at a time; writes that arrive
/// meanwhile are decided one after the other, each on the state the one before would leave, and appended together.
/// </para>
/// </remarks>
internal sealed class SchemaStore : ISchemaLogReader, IAsyncDisposable
{
    private const int MaxBatch = 100;

    private readonly ISchemaLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _writeTimeout;
    private readonly Channel<Write> _writes = Channel.CreateBounded<Write>(10_000);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<(long Offset, TaskCompletionSource Reached)> _waiting = [];
    private readonly Task _writer;

    private volatile RegistryState _state = RegistryState.Empty;
    private long _position;
    private volatile Expected? _expected;
    private long _ownEnd = -1;

    public SchemaStore(ISchemaLog log, TimeSpan writeTimeout, TimeProvider time, ILogger logger)
    {
        (_log, _writeTimeout, _time, _logger) = (log, writeTimeout, time, logger);
        log.Start(this);
        _writer = Task.Run(WriteLoopAsync);
    }

    /// <summary>The state as far as this registry has read; writes that it answered are in it.</summary>
    public RegistryState State => _state;

    /// <summary>Decides on the newest state and appends what was decided.</summary>
    /// <param name="decide">Pure; may be called again on a newer state.</param>
    /// <exception cref="RegistryException">What the decision threw, 50001 or 50002.</exception>
    public async Task<T> WriteAsync<T>(Func<RegistryState, Decision<T>> decide, CancellationToken cancellationToken)
    {
        var answer = default(T)!;
        var write = new Write(
            state =>
            {
                var decision = decide(state);
                answer = decision.Answer;
                return decision.Records;
            },
            _time.GetTimestamp(), cancellationToken);
        if (!_writes.Writer.TryWrite(write)) { throw RegistryException.StoreFailed("Too many writes are waiting, or the registry is stopping"); }
        await write.Done.Task.WaitAsync(cancellationToken);
        return answer;
    }

    /// <summary>Waits until this registry has read all that is in the log now.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken) =>
        await ReachAsync(await _log.EndAsync(cancellationToken), cancellationToken);

    public void OnRecord(long offset, byte[] key, byte[]? value, long timestampMs)
    {
        if (offset < _position) { Restart(offset); }
        try
        {
            if (SchemaLogRecord.Parse(key, value, value is not null, timestampMs) is { } record) { _state = _state.Apply(record); }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            _logger.UnreadableRecord(offset, e.Message);
        }
        _expected?.Compare(offset, key, value);
        OnPosition(offset + 1);
    }

    public void OnPosition(long nextOffset)
    {
        if (nextOffset < _position) { Restart(nextOffset); }
        lock (_lock)
        {
            _position = nextOffset;
            foreach (var (_, reached) in _waiting.Where(waiting => waiting.Offset <= nextOffset)) { reached.TrySetResult(); }
            _waiting.RemoveAll(waiting => waiting.Offset <= nextOffset);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _writer;
        await _log.DisposeAsync();
        _stopping.Dispose();
    }

    // The topic was deleted and made again: what it held is no longer true.
    private void Restart(long offset)
    {
        _logger.LogStartedOver(_position, offset);
        _state = RegistryState.Empty;
        Interlocked.Exchange(ref _ownEnd, -1);
        lock (_lock) { _position = offset; }
    }

    private async Task ReachAsync(long offset, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_position >= offset) { return; }
            _waiting.Add((offset, reached));
        }
        try
        {
            await reached.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_lock) { _waiting.Remove((offset, reached)); }
        }
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<Write>();
        try
        {
            while (await _writes.Reader.WaitToReadAsync(_stopping.Token))
            {
                while (batch.Count < MaxBatch && _writes.Reader.TryRead(out var write)) { batch.Add(write); }
                try
                {
                    await SettleAsync(batch);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A fault of ours ends the batch it met, not the writer.
                    _logger.WriterFaulted(e);
                    batch.ForEach(write => write.Fail(RegistryException.StoreFailed($"Writing to the schemas topic failed: {e.Message}")));
                }
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            while (_writes.Reader.TryRead(out var write)) { batch.Add(write); }
            batch.ForEach(write => write.Fail(RegistryException.StoreFailed("The registry is stopping")));
        }
    }

    /// <summary>Brings every write of the batch to an answer.</summary>
    private async Task SettleAsync(List<Write> batch)
    {
        var problem = "";
        for (var attempt = 0; batch.Count > 0; attempt++)
        {
            batch.RemoveAll(write => write.Done.Task.IsCompleted || write.CancellationToken.IsCancellationRequested);
            foreach (var late in batch.Where(write => _time.GetElapsedTime(write.Started) > _writeTimeout).ToList())
            {
                late.Fail(problem.Length > 0
                    ? RegistryException.StoreFailed($"Writing to the schemas topic failed: {problem}")
                    : RegistryException.TimedOut("Writing to the schemas topic timed out: other registries kept writing to it"));
                batch.Remove(late);
            }
            if (batch.Count == 0) { return; }
            if (attempt > 0)
            {
                // Unequal waits let one of two competing registries finish its batch.
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, problem.Length > 0 ? 200 : 50)), _time, _stopping.Token);
            }
            using var limit = new CancellationTokenSource(_writeTimeout, _time);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            try
            {
                if (await TryCommitAsync(batch, patience.Token)) { return; }
                problem = "";
            }
            catch (SchemaLogException e) when (e.IsTooLarge)
            {
                if (batch.Count == 1) { batch[0].Fail(RegistryException.SchemaTooLarge("Register operation failed because schema is too large")); return; }
                foreach (var alone in batch.ToList()) { await SettleAsync([alone]); }
                return;
            }
            catch (SchemaLogException e)
            {
                if (problem.Length == 0) { _logger.WriteFailed(e.Message); }
                problem = e.Message;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                problem = problem.Length > 0 ? problem : "the topic was not read back in time";
            }
        }
    }

    private async Task<bool> TryCommitAsync(List<Write> batch, CancellationToken cancellationToken)
    {
        var end = await _log.AcquireAsync(cancellationToken);
        // Deleted and made again; what the reader has is worth nothing until it has noticed.
        if (end < Interlocked.Read(ref _position)) { throw new SchemaLogException("the topic holds less than was read from it, and is read anew"); }
        // Past a marker the reader is only moved by finding nothing there, which takes it a while. Behind our last append
        // there is one marker and nothing else if the end is where that marker put it.
        if (end != Interlocked.Read(ref _ownEnd)) { await ReachAsync(end, cancellationToken); }
        // An append whose outcome was unknown stands in the log now, or never will.
        if (_expected is { Seen: true } earlier) { earlier.Settle(); }
        _expected = null;
        batch.RemoveAll(write => write.Done.Task.IsCompleted);

        var (state, records, answers) = (_state, new List<SchemaLogRecord>(), new List<Action>());
        foreach (var write in batch)
        {
            try
            {
                var added = write.Decide(state);
                state = added.Aggregate(state, (current, record) => current.Apply(record));
                records.AddRange(added);
                answers.Add(() => write.Done.TrySetResult());
            }
#pragma warning disable CA1031 // Whatever a decision throws is the answer to its own write, which rethrows it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                // It may rest on the writes before it, and so is given with theirs.
                answers.Add(() => write.Fail(e));
            }
        }
        if (records.Count > 0)
        {
            _expected = new Expected(end, [.. records.Select(record => (record.Key(), record.Value()))], answers);
            if (!await _log.TryAppendAsync(end, records, cancellationToken)) { return false; }
            await ReachAsync(end + records.Count, cancellationToken);
            _expected = null;
            Interlocked.Exchange(ref _ownEnd, end + records.Count + 1);
        }
        answers.ForEach(answer => answer());
        return true;
    }

    private sealed record Write(
        Func<RegistryState, IReadOnlyList<SchemaLogRecord>> Decide, long Started, CancellationToken CancellationToken)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(Exception e) => Done.TrySetException(e);
    }

    /// <summary>The append under way, to be recognised in the log if it took place without saying so.</summary>
    /// <remarks>All of it: another registry's append may begin as this one does.</remarks>
    private sealed class Expected(long offset, IReadOnlyList<(byte[] Key, byte[]? Value)> records, IReadOnlyList<Action> answers)
    {
        private volatile int _seen;

        public bool Seen => _seen == records.Count;

        public void Compare(long atOffset, byte[] key, byte[]? value)
        {
            if (Seen || atOffset != offset + _seen) { return; }
            var (expectedKey, expectedValue) = records[_seen];
            if (expectedKey.AsSpan().SequenceEqual(key) && expectedValue is null == value is null && expectedValue.AsSpan().SequenceEqual(value)) { _seen++; }
        }

        public void Settle()
        {
            foreach (var answer in answers) { answer(); }
        }
    }
}
