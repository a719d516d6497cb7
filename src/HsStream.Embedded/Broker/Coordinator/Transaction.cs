namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>States as Apache Kafka stores and names them.</summary>
internal enum TransactionState : sbyte
{
    Empty = 0,
    Ongoing = 1,
    PrepareCommit = 2,
    PrepareAbort = 3,
    CompleteCommit = 4,
    CompleteAbort = 5,
    Dead = 6,
    PrepareEpochFence = 7,
}

/// <summary>What the coordinator knows of one transactional id.</summary>
internal sealed class Transaction(string id, long producerId)
{
    /// <summary>From this epoch on a producer gets a new id instead of the next epoch; the one left over is for fencing it.</summary>
    public const short ExhaustedFrom = short.MaxValue - 1;

    public string Id => id;

    public long ProducerId { get; set; } = producerId;

    /// <summary>The id before the epochs ran out; -1 for none. Not stored.</summary>
    public long PreviousProducerId { get; set; } = -1;

    /// <summary>-1 until the first InitProducerId is written.</summary>
    public short Epoch { get; set; } = -1;

    /// <summary>The epoch that the current one replaced at its own producer's wish (KIP-360); -1 for none. Not stored.</summary>
    public short LastEpoch { get; set; } = -1;

    public int TimeoutMs { get; set; }

    public TransactionState State { get; set; }

    /// <summary>Partitions of the open transaction with the id of the topic that each was registered for.</summary>
    public Dictionary<TopicPartition, Guid> Partitions { get; private init; } = [];

    /// <summary>When the open or last transaction began; -1 for none.</summary>
    public long StartMs { get; set; } = -1;

    public long LastUpdateMs { get; set; }

    /// <summary>A change is on its way to the disk: nobody else may start one.</summary>
    public bool IsChanging { get; set; }

    /// <summary>Its epoch was raised to end it against its producer's will; nobody was given that epoch.</summary>
    public bool IsFenced { get; set; }

    /// <summary>What the transaction is being ended with, from the decision until its final state is written; null otherwise.</summary>
    public bool? Decision { get; set; }

    /// <summary>The next transaction may begin once the state log is durable up to here.</summary>
    public long SettledAt { get; set; }

    /// <summary>Requests to run again once the transaction has ended; given true when it has, false when that takes too long.</summary>
    public List<Action<bool>> Parked { get; } = [];

    public bool IsEpochExhausted => Epoch >= ExhaustedFrom;

    public static Transaction Restored(string id, TransactionLogValue stored, Func<TopicPartition, Guid> topicId) =>
        new(id, stored.ProducerId)
        {
            Epoch = stored.ProducerEpoch,
            TimeoutMs = stored.TimeoutMs,
            State = (TransactionState)stored.State,
            StartMs = stored.StartMs,
            LastUpdateMs = stored.LastUpdateMs,
            Partitions = (stored.Partitions ?? [])
                .SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition)))
                .Distinct()
                .ToDictionary(partition => partition, topicId),
        };

    public TransactionLogValue ToRecord() => new()
    {
        ProducerId = ProducerId,
        ProducerEpoch = Epoch,
        TimeoutMs = TimeoutMs,
        State = (sbyte)State,
        StartMs = StartMs,
        LastUpdateMs = LastUpdateMs,
        Partitions = State == TransactionState.Empty ? null :
        [
            .. Partitions.Keys.GroupBy(partition => partition.Topic).Select(topic => new TransactionLogValue.TopicData
            {
                Topic = topic.Key, Partitions = [.. topic.Select(partition => partition.Partition)],
            }),
        ],
    };
}
