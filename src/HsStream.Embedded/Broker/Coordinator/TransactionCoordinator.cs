using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Knows which producer owns a transactional id and carries each transaction to one outcome in all its partitions.</summary>
/// <remarks>
/// Not thread-safe: the coordinator's actor owns it. This file holds what begins and feeds a transaction; those changes count as soon
/// as they are written, except a new epoch, which is durable before its producer hears of it, because fencing depends on it.
/// </remarks>
internal sealed partial class TransactionCoordinator(
    TopicCatalog catalog, StateLog log, StateLog offsetsLog, OffsetStore offsets, Deadlines deadlines, CoordinatorOptions options,
    DurableWaits waits, ILogger logger)
{
    /// <summary>Changes with the coordinator's host in a cluster; here there is one for ever.</summary>
    private const int CoordinatorEpoch = 0;

    private readonly Dictionary<string, Transaction> _transactions = new(StringComparer.Ordinal);

    public TransactionGate Gate { get; } = new();

    public int Count => _transactions.Count;

    public void InitProducerId(InitProducerIdRequest request, short version, TaskCompletionSource<InitProducerIdResponse> reply)
    {
        var id = request.TransactionalId!;
        var expected = request.ProducerId >= 0;
        var error = expected != request.ProducerEpoch >= 0 ? ErrorCode.InvalidRequest
            : id.Length == 0 ? ErrorCode.InvalidRequest
            : request.TransactionTimeoutMs <= 0 || request.TransactionTimeoutMs > options.MaxTransactionTimeout.TotalMilliseconds
                ? ErrorCode.InvalidTransactionTimeout
            : ErrorCode.None;
        if (error == ErrorCode.None && !_transactions.ContainsKey(id)) { error = Register(id); }
        if (error != ErrorCode.None)
        {
            Refuse(error);
            return;
        }

        var transaction = _transactions[id];
        if (transaction.IsChanging)
        {
            Refuse(ErrorCode.ConcurrentTransactions);
        }
        else if (expected && transaction.Epoch >= 0 && request.ProducerId != transaction.ProducerId
            && !(request.ProducerId == transaction.PreviousProducerId && request.ProducerEpoch >= Transaction.ExhaustedFrom))
        {
            Refuse(ErrorCode.ProducerFenced);
        }
        else if (transaction.Decision is not null)
        {
            Refuse(ErrorCode.ConcurrentTransactions);
        }
        else if (transaction.State == TransactionState.Ongoing)
        {
            // The fenced producer's work is undone first. Its epoch goes to nobody: the client comes back for one more.
            Abort(
                transaction, "its producer starts anew", error => Refuse(error == ErrorCode.None ? ErrorCode.ConcurrentTransactions : error));
        }
        else
        {
            GiveEpoch(transaction, request, expected, Refuse, reply);
        }

        void Refuse(ErrorCode error) => reply.TrySetResult(new InitProducerIdResponse { Error = ForVersion(error, version, 4) });
    }

    public void AddPartitions(AddPartitionsToTxnRequest request, short version, TaskCompletionSource<AddPartitionsToTxnResponse> reply)
    {
        var partitions = request.Topics
            .SelectMany(topic => topic.Partitions.Select(index => new TopicPartition(topic.Name, index)))
            .Distinct()
            .Select(partition => (Partition: partition, TopicId: catalog.Find(partition)?.TopicId))
            .ToList();
        if (partitions.Exists(partition => partition.TopicId is null))
        {
            // All or nothing: the rest is told that it was not even tried.
            var unknown = partitions.Where(partition => partition.TopicId is null).Select(partition => partition.Partition).ToHashSet();
            Answer(partition => unknown.Contains(partition) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.OperationNotAttempted);
            return;
        }

        Add(
            request.TransactionalId, request.ProducerId, request.ProducerEpoch,
            [.. partitions.Select(partition => (partition.Partition, partition.TopicId!.Value))],
            error => Answer(_ => ForVersion(error, version, 2)));

        void Answer(Func<TopicPartition, ErrorCode> error) => reply.TrySetResult(new AddPartitionsToTxnResponse
        {
            Topics = request.Topics.ConvertAll(topic => new OffsetCommitResponse.TopicResult
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(index => new OffsetCommitResponse.PartitionResult
                {
                    Partition = index,
                    Error = error(new TopicPartition(topic.Name, index)),
                }),
            }),
        });
    }

    public void AddOffsets(AddOffsetsToTxnRequest request, short version, TaskCompletionSource<TxnResponse> reply) =>
        Add(
            request.TransactionalId, request.ProducerId, request.ProducerEpoch,
            [(offsetsLog.Partition.Partition, offsetsLog.Partition.TopicId)],
            error => reply.TrySetResult(new TxnResponse { Error = ForVersion(error, version, 2) }));

    /// <summary>Whether the producer may write group offsets now, in the codes that TxnOffsetCommit knows.</summary>
    public ErrorCode ValidateOffsetCommit(TxnOffsetCommitRequest request)
    {
        var error = Validate(request.TransactionalId, request.ProducerId, request.ProducerEpoch);
        if (error != ErrorCode.None) { return error == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : error; }

        var transaction = _transactions[request.TransactionalId];
        return transaction.IsChanging || transaction.Decision is not null ? ErrorCode.ConcurrentTransactions
            : transaction.State == TransactionState.Ongoing && transaction.Partitions.ContainsKey(offsetsLog.Partition.Partition)
                ? ErrorCode.None
            : ErrorCode.InvalidTxnState;
    }

    /// <summary>Clients of older versions do not know PRODUCER_FENCED.</summary>
    private static ErrorCode ForVersion(ErrorCode error, short version, short firstWithFenced) =>
        error == ErrorCode.ProducerFenced && version < firstWithFenced ? ErrorCode.InvalidProducerEpoch : error;

    private ErrorCode Validate(string id, long producerId, short epoch) =>
        id.Length == 0 ? ErrorCode.InvalidRequest
        : !_transactions.TryGetValue(id, out var transaction) || transaction.ProducerId != producerId ? ErrorCode.InvalidProducerIdMapping
        : transaction.Epoch != epoch ? ErrorCode.ProducerFenced
        : ErrorCode.None;

    private ErrorCode Register(string id)
    {
        if (!TryNextProducerId(out var producerId)) { return ErrorCode.CoordinatorNotAvailable; }

        _transactions[id] = new Transaction(id, producerId);
        return ErrorCode.None;
    }

    /// <summary>One producer id in a thousand waits for the disk here, and all messages with it.</summary>
    private bool TryNextProducerId(out long producerId)
    {
        try
        {
            producerId = catalog.NextProducerId();
            return true;
        }
        catch (IOException exception)
        {
            logger.NoProducerId(exception);
            producerId = -1;
            return false;
        }
    }

    private void GiveEpoch(
        Transaction transaction, InitProducerIdRequest request, bool expected, Action<ErrorCode> refuse,
        TaskCompletionSource<InitProducerIdResponse> reply)
    {
        var (producerId, previousId, epoch, lastEpoch) =
            (transaction.ProducerId, transaction.PreviousProducerId, (short)(transaction.Epoch + 1), (short)-1);
        if (expected && transaction.Epoch >= 0 && request.ProducerEpoch != transaction.Epoch)
        {
            if (request.ProducerEpoch != transaction.LastEpoch)
            {
                refuse(ErrorCode.ProducerFenced);
                return;
            }

            // The answer to the same request got lost: a new producer would have cleared the last epoch.
            (epoch, lastEpoch) = (transaction.Epoch, transaction.LastEpoch);
        }
        else if (transaction.IsEpochExhausted)
        {
            previousId = producerId;
            if (!TryNextProducerId(out producerId))
            {
                refuse(ErrorCode.CoordinatorNotAvailable);
                return;
            }

            (epoch, lastEpoch) = (0, expected ? transaction.Epoch : (short)-1);
        }
        else if (expected)
        {
            lastEpoch = transaction.Epoch;
        }

        var changed = new Transaction(transaction.Id, producerId)
        {
            Epoch = epoch,
            TimeoutMs = request.TransactionTimeoutMs,
            State = TransactionState.Empty,
            LastUpdateMs = deadlines.NowMs,
        };
        if (Store(changed) is not { } endOffset)
        {
            refuse(ErrorCode.NotCoordinator);
            return;
        }

        if (producerId != transaction.ProducerId) { Gate.Forget(transaction.ProducerId); }
        (transaction.ProducerId, transaction.PreviousProducerId) = (producerId, previousId);
        (transaction.Epoch, transaction.LastEpoch, transaction.TimeoutMs) = (epoch, lastEpoch, request.TransactionTimeoutMs);
        (transaction.State, transaction.StartMs, transaction.LastUpdateMs) = (TransactionState.Empty, -1, changed.LastUpdateMs);
        (transaction.IsChanging, transaction.IsFenced) = (true, false);
        Gate.Close(transaction);
        log.WhenDurable(endOffset, error =>
        {
            transaction.IsChanging = false;
            if (error != ErrorCode.None)
            {
                refuse(error);
                return;
            }

            logger.ProducerInitialized(transaction.Id, producerId, epoch);
            reply.TrySetResult(new InitProducerIdResponse { ProducerId = producerId, ProducerEpoch = epoch });
        });
    }

    private void Add(
        string id, long producerId, short epoch, List<(TopicPartition Partition, Guid TopicId)> partitions, Action<ErrorCode> answer)
    {
        if (Validate(id, producerId, epoch) is var error and not ErrorCode.None)
        {
            answer(error);
            return;
        }

        var transaction = _transactions[id];
        if (transaction.Decision is not null)
        {
            // The client believes the last transaction over; a real broker would send it away to come back.
            Park(transaction, ended =>
            {
                if (ended) { Add(id, producerId, epoch, partitions, answer); } else { answer(ErrorCode.ConcurrentTransactions); }
            });
        }
        else if (transaction.IsChanging)
        {
            answer(ErrorCode.ConcurrentTransactions);
        }
        else if (transaction.State == TransactionState.Ongoing
            && partitions.TrueForAll(added => transaction.Partitions.GetValueOrDefault(added.Partition) == added.TopicId))
        {
            answer(ErrorCode.None);
        }
        else if (log.Partition.HighWatermark < transaction.SettledAt)
        {
            // A new transaction's records look like the last one's to a restart that finds no final state: they would share its end.
            log.WhenDurable(transaction.SettledAt, error =>
            {
                if (error == ErrorCode.None) { Add(id, producerId, epoch, partitions, answer); } else { answer(error); }
            });
        }
        else
        {
            answer(Register(transaction, partitions));
        }
    }

    private ErrorCode Register(Transaction transaction, List<(TopicPartition Partition, Guid TopicId)> partitions)
    {
        var now = deadlines.NowMs;
        var changed = new Transaction(transaction.Id, transaction.ProducerId)
        {
            Epoch = transaction.Epoch,
            TimeoutMs = transaction.TimeoutMs,
            State = TransactionState.Ongoing,
            StartMs = transaction.State == TransactionState.Ongoing ? transaction.StartMs : now,
            LastUpdateMs = now,
        };
        foreach (var (partition, topicId) in transaction.Partitions) { changed.Partitions[partition] = topicId; }
        foreach (var (partition, topicId) in partitions) { changed.Partitions[partition] = topicId; }
        if (Store(changed) is null) { return ErrorCode.NotCoordinator; }

        foreach (var (partition, topicId) in partitions) { transaction.Partitions[partition] = topicId; }
        if (transaction.State != TransactionState.Ongoing) { Begin(transaction, changed.StartMs, TimeSpan.FromMilliseconds(transaction.TimeoutMs)); }
        transaction.LastUpdateMs = now;
        Gate.Open(transaction);
        return ErrorCode.None;
    }

    /// <returns>The offset whose durability makes the record safe, or null when it could not be written.</returns>
    private long? Store(Transaction transaction)
    {
        var key = StateRecord.Write(TransactionLogKey.Written, new TransactionLogKey { TransactionalId = transaction.Id });
        var value = StateRecord.Write(TransactionLogValue.Written, transaction.ToRecord());
        var result = log.Append([(key, value)], transaction.LastUpdateMs);
        if (result.Error == ErrorCode.None) { return result.EndOffset; }

        logger.TransactionNotStored(transaction.Id, transaction.State, result.Error, result.Message);
        return null;
    }
}
