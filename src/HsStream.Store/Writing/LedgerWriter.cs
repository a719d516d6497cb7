using HsStream.Domain.Ledger;
using HsStream.Domain.Ledger.Records;
using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.Store.Schema;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;

namespace HsStream.Store.Writing;

/// <summary>The one class that appends. Thread safe; calls wait for each other, as they would for the chain's head.</summary>
public sealed class LedgerWriter : IDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly LedgerTables _tables;
    private readonly EventCodec _codec;
    private readonly ResiliencePipeline _pipeline;
    private readonly LedgerMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly StreamStates _states;
    private readonly SemaphoreSlim _turn = new(1);

    internal LedgerWriter(
        NpgsqlDataSource source, LedgerTables tables, EventCodec codec, LedgerOptions options, ResiliencePipeline pipeline, LedgerMetrics metrics,
        ILogger logger, TimeProvider clock)
    {
        (_source, _tables, _codec, _pipeline, _metrics, _logger, _clock) = (source, tables, codec, pipeline, metrics, logger, clock);
        _states = new StreamStates(options.CachedStreams);
    }

    /// <summary>Called between the steps of a transaction; tests cut the connection there.</summary>
    internal Func<LedgerStep, NpgsqlConnection, Task>? AtStep { get; set; }

    public void Dispose() => _turn.Dispose();

    /// <summary>Records a batch and moves its offsets, in one transaction.</summary>
    /// <returns>What became of each fact. A batch of repetitions appends no event, but its offsets move and are sealed.</returns>
    /// <exception cref="ArgumentException">A fact outside its partition's step, or a partition twice.</exception>
    /// <exception cref="OffsetConflictException">Another writer has moved on; nothing was recorded.</exception>
    /// <exception cref="LedgerTamperedException">The tables hold what the ledger did not write.</exception>
    public async Task<LedgerReceipt> AppendAsync(LedgerBatch batch, CancellationToken cancellationToken)
    {
        Check(batch);
        try
        {
            var (outcomes, events, seal) = await ExecuteAsync((session, token) => DecideAsync(session, batch, token), batch.Advances, cancellationToken);
            foreach (var outcome in outcomes)
            {
                if (outcome is FactOutcome.Repeated) { _metrics.Repeated.Inc(); }
                if (outcome is FactOutcome.Rejected) { _metrics.Rejected.Inc(); }
            }

            return new LedgerReceipt(outcomes, events, seal!.LastSequence, seal);
        }
        catch (OffsetConflictException)
        {
            _metrics.OffsetConflicts.Inc();
            _logger.OffsetsConflicted(OffsetAdvance.Text(batch.Advances));
            throw;
        }
    }

    /// <summary>Runs one transaction under the head's lock, again when PostgreSQL fails it.</summary>
    /// <param name="work">Loads, decides and keeps events in the session; must not depend on an earlier call.</param>
    /// <returns>What <paramref name="work"/> returned; the seal is null when there was nothing to append.</returns>
    internal async Task<(T Result, int Events, Seal? Seal)> ExecuteAsync<T>(
        Func<LedgerSession, CancellationToken, Task<T>> work, IReadOnlyList<OffsetAdvance> advances, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var started = _clock.GetTimestamp();

            // A commit whose answer was lost may have happened: then its seal is in the chain, and repeating the batch would conflict with itself.
            Attempt<T>? lost = null;
            var done = await _pipeline.ExecuteAsync(async token =>
            {
                if (lost is not null && await IsSealedAsync(lost.Seal!, token))
                {
                    _logger.CommitConfirmed(lost.Seal!.Number);
                    return lost;
                }

                lost = null;
                return await AttemptAsync(work, advances, attempt => lost = attempt, token);
            }, cancellationToken);
            _metrics.Append.Observe(_clock.GetElapsedTime(started).TotalSeconds);
            Count(done);
            return (done.Result, done.Pending.Count, done.Seal);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static void Check(LedgerBatch batch)
    {
        var steps = new Dictionary<(string, int), OffsetAdvance>();
        foreach (var advance in batch.Advances)
        {
            if (advance.Next <= advance.Expected || !steps.TryAdd((advance.Topic, advance.Partition), advance))
            {
                throw new ArgumentException($"Expected one step forward for each partition, got '{advance}'.", nameof(batch));
            }
        }

        foreach (var (position, _) in batch.Facts.Select(f => f.Origin))
        {
            if (!steps.TryGetValue((position.Topic, position.Partition), out var step) || position.Offset < step.Expected || position.Offset >= step.Next)
            {
                throw new ArgumentException($"Expected facts within the batch's offsets, got {position}.", nameof(batch));
            }
        }
    }

    private async Task<FactOutcome[]> DecideAsync(LedgerSession session, LedgerBatch batch, CancellationToken cancellationToken)
    {
        var orders = batch.Facts.Select(FactCommands.Of).ToArray();
        var wrongIds = orders.Select(o => Refusals.OfStreamId(o.StreamId)).ToArray();
        await session.LoadAsync(orders.Where((_, i) => wrongIds[i] is null).Select(o => o.StreamId), cancellationToken);
        var outcomes = new FactOutcome[orders.Length];
        for (var i = 0; i < orders.Length; i++)
        {
            var (sequence, events, rejection) = wrongIds[i] is { } wrong ? (0, [], wrong) : session.Decide(orders[i].StreamId, orders[i].Command);
            outcomes[i] = rejection is not null ? await RefuseAsync(session, batch.Facts[i].Origin, orders[i].StreamId, rejection, cancellationToken)
                : events.Count == 0 ? new FactOutcome.Repeated()
                : new FactOutcome.Recorded(sequence, events[0] is Domain.Classification.ClassificationEvent.PredictionConflicted
                    or Domain.Classification.ClassificationEvent.CorrectionConflicted);
        }

        return outcomes;
    }

    private async Task<FactOutcome> RefuseAsync(LedgerSession session, Origin origin, string streamId, string reason, CancellationToken cancellationToken)
    {
        _logger.FactRefused(origin.Position.ToString(), Shorten(streamId), reason);
        var record = StreamIds.Record(origin.Position);
        await session.LoadAsync([record], cancellationToken);
        session.Decide(record, new RecordCommand.NoteRefused(Shorten(streamId), reason, origin));
        return new FactOutcome.Rejected(reason);
    }

    private static string Shorten(string streamId) => streamId.Length <= 200 ? streamId : streamId[..200];

    private async Task<Attempt<T>> AttemptAsync<T>(
        Func<LedgerSession, CancellationToken, Task<T>> work, IReadOnlyList<OffsetAdvance> advances, Action<Attempt<T>> onCommitting, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await StepAsync(LedgerStep.Begun, connection);
        var head = await LedgerTransaction.LockAsync(connection, _tables, advances, cancellationToken);
        _states.RequireHead(head.Hash);
        await StepAsync(LedgerStep.Locked, connection);
        var session = new LedgerSession(connection, _tables, _codec, _states, head);
        var result = await work(session, cancellationToken);
        if (session.Pending.Count == 0 && advances.Count == 0) { return new Attempt<T>(result, session.Pending, null); }
        await StepAsync(LedgerStep.Decided, connection);
        var seal = await SealAsync(session, advances, cancellationToken);
        var attempt = new Attempt<T>(result, session.Pending, seal);
        await StepAsync(LedgerStep.Written, connection);
        onCommitting(attempt);

        // From here on the token is not listened to: whoever asked must learn whether it was committed.
        await transaction.CommitAsync(CancellationToken.None);
        _states.Commit(seal.Hash, session.States);
        await StepAsync(LedgerStep.Committed, connection);
        await FollowSequenceAsync(connection, seal.LastSequence);
        return attempt;
    }

    private async Task<Seal> SealAsync(LedgerSession session, IReadOnlyList<OffsetAdvance> advances, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        now = new DateTimeOffset(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
        try
        {
            return await LedgerTransaction.WriteAsync(session, _tables, _codec, advances, now, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new LedgerTamperedException($"Expected {e.TableName} to end where the chain does (event {session.Head.Sequence}), but {e.ConstraintName} is violated: "
                + "something else wrote into the ledger's tables. Run verify.");
        }
    }

    /// <summary>A lagging sequence delays Marten's daemon and nothing else.</summary>
    private async Task FollowSequenceAsync(NpgsqlConnection connection, long sequence)
    {
        try
        {
            await LedgerTransaction.FollowSequenceAsync(connection, _tables, sequence, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            _logger.SequenceLags(sequence, LedgerPipeline.Describe(e));
        }
    }

    private async Task<bool> IsSealedAsync(Seal seal, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);

        // Behind the lock: the lost transaction may still be committing.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LedgerTransaction.LockAsync(connection, _tables, [], cancellationToken);
        await using var command = new NpgsqlCommand($"select exists (select from {_tables.Seals} where number = $1 and hash = $2)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = seal.Number });
        command.Parameters.Add(new NpgsqlParameter { Value = seal.Hash });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private void Count<T>(Attempt<T> attempt)
    {
        if (attempt.Seal is null) { return; }
        foreach (var group in attempt.Pending.CountBy(p => p.Fact.GetType())) { _metrics.Events.WithLabels(EventTypes.NameOf(group.Key)).Inc(group.Value); }
        _metrics.BatchEvents.Observe(attempt.Pending.Count);
        _metrics.LastSequence.Set(attempt.Seal.LastSequence);
    }

    private Task StepAsync(LedgerStep step, NpgsqlConnection connection) => AtStep?.Invoke(step, connection) ?? Task.CompletedTask;

    private sealed record Attempt<T>(T Result, IReadOnlyList<PendingEvent> Pending, Seal? Seal);
}

/// <summary>Where a transaction stands.</summary>
internal enum LedgerStep
{
    Begun,
    Locked,
    Decided,
    Written,
    Committed,
}
