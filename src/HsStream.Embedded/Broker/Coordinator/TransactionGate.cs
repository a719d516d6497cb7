using System.Collections.Concurrent;
using System.Collections.Frozen;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>The partitions of ongoing transactions, for the produce path to ask.</summary>
/// <remarks>
/// Written by the coordinator's actor, read on any thread under a partition's append lock. The actor closes a transaction here before
/// it appends markers, which takes the same locks: what was let in before lies before the marker, and nothing comes after it.
/// </remarks>
internal sealed class TransactionGate : ITransactionGate
{
    private readonly ConcurrentDictionary<long, (short Epoch, FrozenSet<TopicPartition> Partitions)> _producers = new();

    public ErrorCode Check(long producerId, short producerEpoch, TopicPartition partition) =>
        !_producers.TryGetValue(producerId, out var producer) ? ErrorCode.InvalidProducerIdMapping
        : producer.Epoch != producerEpoch ? ErrorCode.InvalidProducerEpoch
        : producer.Partitions.Contains(partition) ? ErrorCode.None
        : ErrorCode.TransactionAbortable;

    /// <summary>Lets the producer's current epoch write to the partitions of its transaction, and fences all other epochs.</summary>
    public void Open(Transaction transaction) =>
        _producers[transaction.ProducerId] = (transaction.Epoch, transaction.Partitions.Keys.ToFrozenSet());

    /// <summary>Lets nothing in any more, whatever the epoch.</summary>
    public void Close(Transaction transaction) => _producers[transaction.ProducerId] = (transaction.Epoch, []);

    public void Forget(long producerId) => _producers.TryRemove(producerId, out _);
}
