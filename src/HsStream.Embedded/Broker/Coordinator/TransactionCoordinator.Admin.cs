using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>Restoring transactions at the start, what administrators see of them, deleted topics, expiry.</content>
internal sealed partial class TransactionCoordinator
{
    private static readonly string[] StateNames = Enum.GetNames<TransactionState>();
    private readonly SortedSet<(long StartMs, string Id)> _open = [];
    private readonly long[] _ended = new long[2];
    private long _openCount;
    private long _oldestStartMs = -1;

    /// <summary>Transactions that are not ended in all their partitions yet; for any thread.</summary>
    public long OpenCount => Volatile.Read(ref _openCount);

    /// <summary>When the oldest of them began, in milliseconds since 1970; -1 without one. For any thread.</summary>
    public long OldestStartMs => Volatile.Read(ref _oldestStartMs);

    /// <summary>Transactions ended since the start with that outcome; for any thread.</summary>
    public long EndedCount(bool committed) => Volatile.Read(ref _ended[committed ? 1 : 0]);

    /// <summary>Takes over a transactional id as it was stored; null for its tombstone.</summary>
    public void Restore(string id, TransactionLogValue? stored)
    {
        _transactions.Remove(id);
        if (stored is not null)
        {
            _transactions[id] = Transaction.Restored(id, stored, partition => catalog.Find(partition)?.TopicId ?? Guid.Empty);
        }
    }

    /// <summary>Goes on where the last process stopped: decided transactions get their markers, undecided ones the rest of their time.</summary>
    public void Resume()
    {
        var byProducer = _transactions.Values.ToDictionary(transaction => transaction.ProducerId);
        foreach (var partition in catalog.Topics.SelectMany(topic => topic.Partitions))
        {
            foreach (var (producerId, epoch, _) in partition.OpenTransactions()) { Claim(partition, producerId, epoch, byProducer); }
        }

        foreach (var transaction in _transactions.Values)
        {
            switch (transaction.State)
            {
                case TransactionState.Ongoing:
                    var left = transaction.StartMs + transaction.TimeoutMs - deadlines.NowMs;
                    Begin(transaction, transaction.StartMs, TimeSpan.FromMilliseconds(Math.Clamp(left, 0, transaction.TimeoutMs)));
                    Gate.Open(transaction);
                    break;
                case TransactionState.PrepareCommit or TransactionState.PrepareAbort:
                    logger.TransactionResumed(transaction.Id, transaction.State);
                    _open.Add((transaction.StartMs, transaction.Id));
                    PublishOpen();
                    transaction.Decision = transaction.State == TransactionState.PrepareCommit;
                    Gate.Close(transaction);

                    // What this process read may not be on the disk yet: the last one may have died before its flush.
                    log.WhenAllDurable(error =>
                    {
                        if (error == ErrorCode.None) { WriteMarkers(transaction, StillOpen(transaction)); }
                    });
                    break;
                default:
                    Gate.Close(transaction);
                    break;
            }
        }
    }

    /// <summary>Answers all parked requests, so that their clients come back.</summary>
    public void Stop()
    {
        foreach (var transaction in _transactions.Values) { Unpark(transaction, ended: false); }
    }

    public ListTransactionsResponse List(ListTransactionsRequest request)
    {
        var unknown = request.StateFilters.FindAll(state => !StateNames.Contains(state));
        var now = deadlines.NowMs;
        return new ListTransactionsResponse
        {
            UnknownStateFilters = unknown,
            States =
            [
                .. _transactions.Values
                    .Where(transaction => transaction.Epoch >= 0)
                    .Where(transaction => request.ProducerIdFilters.Count == 0 || request.ProducerIdFilters.Contains(transaction.ProducerId))
                    .Where(transaction => request.StateFilters.Count == 0 || request.StateFilters.Contains(transaction.State.ToString()))
                    .Where(transaction => request.DurationFilterMs < 0 || now - transaction.StartMs > request.DurationFilterMs)
                    .Select(transaction => new ListTransactionsResponse.TransactionState
                    {
                        TransactionalId = transaction.Id, ProducerId = transaction.ProducerId, State = transaction.State.ToString(),
                    }),
            ],
        };
    }

    public DescribeTransactionsResponse Describe(DescribeTransactionsRequest request) =>
        new() { States = request.TransactionalIds.ConvertAll(Describe) };

    /// <summary>A deleted topic leaves the open transactions, in memory and, for a restart, in the state log.</summary>
    public void TopicDeleted(Guid topicId)
    {
        foreach (var transaction in _transactions.Values.Where(transaction => transaction.State == TransactionState.Ongoing))
        {
            var gone = transaction.Partitions.Where(partition => partition.Value == topicId).Select(partition => partition.Key).ToList();
            if (gone.Count == 0 || transaction.Decision is not null) { continue; }

            foreach (var partition in gone) { transaction.Partitions.Remove(partition); }
            Gate.Open(transaction);

            // Records that slipped into a new topic of the same name, while the gate still knew the old one, belong to the transaction.
            foreach (var partition in gone)
            {
                if (catalog.Find(partition) is { } again && again.OpenTransactions().Any(open => open.ProducerId == transaction.ProducerId))
                {
                    transaction.Partitions[partition] = again.TopicId;
                }
            }

            Gate.Open(transaction);
            transaction.LastUpdateMs = deadlines.NowMs;
            Store(transaction);
        }
    }

    public void Expire()
    {
        var before = deadlines.NowMs - (long)options.TransactionalIdExpiration.TotalMilliseconds;
        var expired = _transactions.Values
            .Where(transaction => transaction.State is TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort)
            .Where(transaction => !transaction.IsChanging && transaction.LastUpdateMs <= before)
            .ToList();
        foreach (var transaction in expired)
        {
            var key = StateRecord.Write(TransactionLogKey.Written, new TransactionLogKey { TransactionalId = transaction.Id });
            if (log.Append([(key, null)], deadlines.NowMs).Error != ErrorCode.None) { return; }

            _transactions.Remove(transaction.Id);
            Gate.Forget(transaction.ProducerId);
        }

        if (expired.Count > 0) { logger.TransactionalIdsExpired(expired.Count); }
    }

    /// <summary>
    /// Gives what a producer has open in a partition to its transaction, whose record of the partition a loss of power may have taken,
    /// or aborts it: then no client was ever told of a commit.
    /// </summary>
    private void Claim(Log.PartitionLog partition, long producerId, short epoch, Dictionary<long, Transaction> byProducer)
    {
        if (byProducer.TryGetValue(producerId, out var transaction)
            && (transaction.State is TransactionState.PrepareCommit or TransactionState.PrepareAbort
                || (transaction.State == TransactionState.Ongoing && transaction.Epoch == epoch)))
        {
            transaction.Partitions[partition.Partition] = partition.TopicId;
            return;
        }

        logger.OrphanAborted(producerId, partition.Partition);
        AppendMarker(partition, producerId, epoch, commit: false);
    }

    /// <summary>Partitions whose marker the last process did not get to; the others must not get a second one.</summary>
    private List<TopicPartition> StillOpen(Transaction transaction) =>
    [
        .. Logs(transaction)
            .Where(target => target.Log.OpenTransactions().Any(open => open.ProducerId == transaction.ProducerId))
            .Select(target => target.Partition),
    ];

    private void PublishOpen()
    {
        Volatile.Write(ref _openCount, _open.Count);
        Volatile.Write(ref _oldestStartMs, _open.Count > 0 ? _open.Min.StartMs : -1);
    }

    private DescribeTransactionsResponse.TransactionState Describe(string id)
    {
        if (id.Length == 0) { return new DescribeTransactionsResponse.TransactionState { Error = ErrorCode.InvalidRequest }; }

        if (!_transactions.TryGetValue(id, out var transaction))
        {
            return new DescribeTransactionsResponse.TransactionState { TransactionalId = id, Error = ErrorCode.TransactionalIdNotFound };
        }

        return new DescribeTransactionsResponse.TransactionState
        {
            TransactionalId = id,
            State = transaction.State.ToString(),
            TimeoutMs = transaction.TimeoutMs,
            StartTimeMs = transaction.StartMs,
            ProducerId = transaction.ProducerId,
            ProducerEpoch = transaction.Epoch,
            Topics =
            [
                .. transaction.Partitions.Keys.GroupBy(partition => partition.Topic).Select(topic => new AddPartitionsToTxnRequest.TopicData
                {
                    Name = topic.Key, Partitions = [.. topic.Select(partition => partition.Partition)],
                }),
            ],
        };
    }
}
