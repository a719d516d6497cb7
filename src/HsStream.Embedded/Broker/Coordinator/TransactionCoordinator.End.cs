using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>The end of a transaction.</content>
/// <remarks>
/// Each step waits until the one before it is durable, because of what a loss of power between them would leave:
/// 1. (commit only) the transaction's records, group offsets included, which were answered when written: else a decided commit could
///    lack some. They cannot share a flush with step 2, since files are flushed in no order. Acknowledged data is durable already, so
///    the wait is mostly for group offsets. An abort needs no data.
/// 2. the decision, Prepare: else one partition's marker could survive without it, and the restart decide otherwise for the rest.
/// 3. the markers, in all partitions at once: else a lost marker would hold its partition's last stable offset back for ever.
/// 4. the final state, Complete, is only written before the answer. If it is lost, the restart repeats step 3 where a transaction is
///    still open. The next transaction must not begin before it is durable: its records would be taken for those of the one that ended.
/// </remarks>
internal sealed partial class TransactionCoordinator
{
    public void End(EndTxnRequest request, short version, TaskCompletionSource<TxnResponse> reply)
    {
        if (Validate(request.TransactionalId, request.ProducerId, request.ProducerEpoch) is var error and not ErrorCode.None)
        {
            Answer(error);
            return;
        }

        var transaction = _transactions[request.TransactionalId];
        if (transaction.Decision is { } decision)
        {
            if (decision != request.Committed)
            {
                Answer(ErrorCode.InvalidTxnState);
                return;
            }

            Park(transaction, ended => Answer(ended ? ErrorCode.None : ErrorCode.ConcurrentTransactions));
        }
        else if (transaction.IsChanging)
        {
            Answer(ErrorCode.ConcurrentTransactions);
        }
        else if (transaction.State == TransactionState.Ongoing)
        {
            Decide(transaction, request.Committed, decided =>
            {
                if (decided == ErrorCode.None) { Park(transaction, _ => Answer(ErrorCode.None)); } else { Answer(decided); }
            });
        }
        else
        {
            var same = transaction.State == (request.Committed ? TransactionState.CompleteCommit : TransactionState.CompleteAbort);
            Answer(same ? ErrorCode.None : ErrorCode.InvalidTxnState);
        }

        void Answer(ErrorCode error) => reply.TrySetResult(new TxnResponse { Error = ForVersion(error, version, 2) });
    }

    /// <summary>Aborts an ongoing transaction against its producer's will: a higher epoch shuts the producer out first.</summary>
    /// <param name="decided">Called once the decision is durable, or with the reason why there is none.</param>
    private void Abort(Transaction transaction, string reason, Action<ErrorCode> decided)
    {
        logger.TransactionAborted(transaction.Id, transaction.ProducerId, reason);
        if (!transaction.IsFenced)
        {
            transaction.Epoch++;
            (transaction.LastEpoch, transaction.IsFenced) = (-1, true);
        }

        Decide(transaction, commit: false, decided);
    }

    private void Begin(Transaction transaction, long startMs, TimeSpan timeout)
    {
        (transaction.State, transaction.StartMs) = (TransactionState.Ongoing, startMs);
        _open.Add((startMs, transaction.Id));
        PublishOpen();
        ScheduleTimeout(transaction, timeout);
    }

    private void ScheduleTimeout(Transaction transaction, TimeSpan timeout) => deadlines.Schedule(
        new DeadlineKey(DeadlineKind.Transaction, transaction.Id), timeout, () => Abort(transaction, "it took too long", _ => { }));

    private void Decide(Transaction transaction, bool commit, Action<ErrorCode> decided)
    {
        deadlines.Cancel(new DeadlineKey(DeadlineKind.Transaction, transaction.Id));
        transaction.Decision = commit;
        Gate.Close(transaction);
        var dirty = commit
            ? Logs(transaction).Select(target => (target.Log, target.Log.LogEndOffset)).Where(target => target.Log.HighWatermark < target.LogEndOffset)
            : [];
        WhenAllDurable([.. dirty], errors =>
        {
            // A deleted topic has nothing left to lose; a failed flush leaves the transaction open for the restart to decide.
            var error = errors.Find(error => error is not (ErrorCode.None or ErrorCode.UnknownTopicOrPartition));
            if (error == ErrorCode.None) { Prepare(transaction, decided); } else { Reopen(transaction, StateLog.ForClients(error), decided); }
        });
    }

    private void Prepare(Transaction transaction, Action<ErrorCode> decided)
    {
        (transaction.State, transaction.LastUpdateMs) =
            (transaction.Decision!.Value ? TransactionState.PrepareCommit : TransactionState.PrepareAbort, deadlines.NowMs);
        if (Store(transaction) is not { } endOffset)
        {
            Reopen(transaction, ErrorCode.NotCoordinator, decided);
            return;
        }

        log.WhenDurable(endOffset, error =>
        {
            decided(error);
            if (error == ErrorCode.None) { WriteMarkers(transaction, [.. transaction.Partitions.Keys]); } else { Unpark(transaction, ended: false); }
        });
    }

    /// <summary>The decision could not be written: the transaction goes on, and its producer or its timeout decides again.</summary>
    private void Reopen(Transaction transaction, ErrorCode error, Action<ErrorCode> decided)
    {
        (transaction.State, transaction.Decision) = (TransactionState.Ongoing, null);
        Gate.Open(transaction);
        var patience = TimeSpan.FromMilliseconds(transaction.IsFenced ? 0 : transaction.TimeoutMs);
        ScheduleTimeout(transaction, options.MarkerRetryDelay + patience);
        decided(error);
        Unpark(transaction, ended: true);
    }

    private void WriteMarkers(Transaction transaction, List<TopicPartition> partitions)
    {
        var commit = transaction.Decision!.Value;
        var failed = new List<TopicPartition>();
        var written = new List<(TopicPartition Partition, PartitionLog Log, long EndOffset)>();
        foreach (var (partition, target) in Logs(transaction).Where(target => partitions.Contains(target.Partition)))
        {
            var result = AppendMarker(target, transaction.ProducerId, transaction.Epoch, commit);
            if (result.Error == ErrorCode.None)
            {
                written.Add((partition, target, result.EndOffset));
            }
            else if (result.Error != ErrorCode.UnknownTopicOrPartition)
            {
                logger.MarkerFailed(transaction.Id, partition, result.Error);
                failed.Add(partition);
            }
        }

        WhenAllDurable([.. written.Select(marker => (marker.Log, marker.EndOffset))], errors =>
        {
            foreach (var (marker, error) in written.Zip(errors))
            {
                if (error is ErrorCode.None or ErrorCode.UnknownTopicOrPartition) { continue; }

                logger.MarkerFailed(transaction.Id, marker.Partition, error);
                failed.Add(marker.Partition);
            }

            if (failed.Count == 0)
            {
                Complete(transaction);
                return;
            }

            // The decision stands; only its news is late, so nobody is kept waiting for it.
            Unpark(transaction, ended: false);
            RetryLater(transaction, () => WriteMarkers(transaction, failed));
        });
    }

    /// <summary>Appends a marker; in the offsets log it also ends what the producer's commits were waiting for.</summary>
    private AppendResult AppendMarker(PartitionLog target, long producerId, short epoch, bool commit)
    {
        var result = target.AppendMarker(producerId, epoch, commit, CoordinatorEpoch);
        if (result.Error == ErrorCode.None && target == offsetsLog.Partition)
        {
            var ended = offsets.EndWritten(producerId, commit);
            offsetsLog.WhenDurable(result.EndOffset, error =>
            {
                if (error == ErrorCode.None) { offsets.EndDurable(producerId, commit, ended); }
            });
        }

        return result;
    }

    private void Complete(Transaction transaction)
    {
        var final = new Transaction(transaction.Id, transaction.ProducerId)
        {
            Epoch = transaction.Epoch,
            TimeoutMs = transaction.TimeoutMs,
            State = transaction.Decision!.Value ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
            StartMs = transaction.StartMs,
            LastUpdateMs = deadlines.NowMs,
        };
        if (Store(final) is not { } endOffset)
        {
            Unpark(transaction, ended: false);
            RetryLater(transaction, () => Complete(transaction));
            return;
        }

        _open.Remove((transaction.StartMs, transaction.Id));
        PublishOpen();
        Volatile.Write(ref _ended[transaction.Decision.Value ? 1 : 0], _ended[transaction.Decision.Value ? 1 : 0] + 1);
        transaction.Partitions.Clear();
        (transaction.State, transaction.LastUpdateMs) = (final.State, final.LastUpdateMs);
        (transaction.Decision, transaction.IsFenced) = (null, false);
        transaction.SettledAt = endOffset;
        Unpark(transaction, ended: true);
    }

    private void RetryLater(Transaction transaction, Action retry) =>
        deadlines.Schedule(new DeadlineKey(DeadlineKind.Markers, transaction.Id), options.MarkerRetryDelay, retry);

    private void Park(Transaction transaction, Action<bool> resume)
    {
        if (transaction.Parked.Count < options.MaxParkedPerTransaction) { transaction.Parked.Add(resume); } else { resume(false); }
    }

    private static void Unpark(Transaction transaction, bool ended)
    {
        var parked = transaction.Parked.ToArray();
        transaction.Parked.Clear();
        foreach (var resume in parked) { resume(ended); }
    }

    /// <summary>The logs of a transaction's partitions. A topic that was made again under its name counts only while it holds an open part.</summary>
    private IEnumerable<(TopicPartition Partition, PartitionLog Log)> Logs(Transaction transaction)
    {
        foreach (var (partition, topicId) in transaction.Partitions)
        {
            if (catalog.Find(partition) is not { } target) { continue; }

            if (target.TopicId == topicId || target.OpenTransactions().Any(open => open.ProducerId == transaction.ProducerId))
            {
                yield return (partition, target);
            }
        }
    }

    /// <summary>Calls back with an error for each log, in order, once all have answered.</summary>
    private void WhenAllDurable(List<(PartitionLog Log, long EndOffset)> ends, Action<List<ErrorCode>> done)
    {
        var errors = ends.ConvertAll(_ => ErrorCode.None);
        var left = ends.Count;
        if (left == 0)
        {
            done(errors);
            return;
        }

        for (var i = 0; i < ends.Count; i++)
        {
            var index = i;
            Action<ErrorCode> arrived = error =>
            {
                errors[index] = error;
                left--;
                if (left == 0) { done(errors); }
            };

            // What waits for the offsets log hears of it in order, so the transaction's offsets show before its end is answered.
            if (ends[i].Log == offsetsLog.Partition) { offsetsLog.WhenDurable(ends[i].EndOffset, arrived); } else { waits.Start(ends[i].Log, ends[i].EndOffset, arrived); }
        }
    }
}
