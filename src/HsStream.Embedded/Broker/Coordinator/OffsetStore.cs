namespace HsStream.Embedded.Broker.Coordinator;

/// <param name="RecordOffset">Where it stands in __consumer_offsets: the later record wins, as it does in compaction.</param>
/// <param name="ExpireTimestampMs">Set by clients of old versions; -1 leaves it to the broker.</param>
internal sealed record CommittedOffset(
    long Offset, int LeaderEpoch, string Metadata, long CommitTimestampMs, long ExpireTimestampMs, long RecordOffset);

/// <summary>Committed offsets of all groups in two views, and those that wait for the end of a transaction.</summary>
/// <remarks>
/// Written = the log to its end; what to delete or expire is decided on it. Durable = the log to its high watermark; clients are
/// shown that. Each change is made twice, to either view at its time. Not thread-safe.
/// </remarks>
internal sealed class OffsetStore
{
    private readonly Dictionary<long, Dictionary<(string Group, TopicPartition Partition), CommittedOffset>> _pending = [];

    public OffsetView Written { get; } = new();

    public OffsetView Durable { get; } = new();

    public void AddPending(long producerId, string group, TopicPartition partition, CommittedOffset offset)
    {
        if (!_pending.TryGetValue(producerId, out var offsets)) { _pending[producerId] = offsets = []; }
        offsets[(group, partition)] = offset;
    }

    public bool HasPending(string group, TopicPartition partition) =>
        _pending.Values.Any(offsets => offsets.ContainsKey((group, partition)));

    public bool HasPending(string group) => _pending.Values.Any(offsets => offsets.Keys.Any(key => key.Group == group));

    public bool HasPending(long producerId) => _pending.ContainsKey(producerId);

    /// <summary>Groups and partitions for which a transaction is open.</summary>
    public IEnumerable<(string Group, TopicPartition Partition)> PendingKeys => _pending.Values.SelectMany(offsets => offsets.Keys);

    /// <summary>A tombstone also takes back what a transaction wrote before it.</summary>
    public void RemovePending(string group, TopicPartition partition)
    {
        foreach (var offsets in _pending.Values) { offsets.Remove((group, partition)); }
    }

    /// <summary>The transaction's marker is written: its offsets count from now on in the written view.</summary>
    /// <returns>What to apply once the marker is durable.</returns>
    public IReadOnlyDictionary<(string Group, TopicPartition Partition), CommittedOffset> EndWritten(long producerId, bool commit)
    {
        if (!_pending.TryGetValue(producerId, out var offsets)) { return new Dictionary<(string, TopicPartition), CommittedOffset>(); }

        if (commit)
        {
            foreach (var ((group, partition), offset) in offsets) { Written.Put(group, partition, offset); }
        }

        return new Dictionary<(string Group, TopicPartition Partition), CommittedOffset>(offsets);
    }

    /// <summary>The marker is durable: nothing is pending any more.</summary>
    public void EndDurable(
        long producerId, bool commit, IReadOnlyDictionary<(string Group, TopicPartition Partition), CommittedOffset> ended)
    {
        _pending.Remove(producerId);
        if (!commit) { return; }

        foreach (var ((group, partition), offset) in ended) { Durable.Put(group, partition, offset); }
    }
}

/// <summary>Committed offsets by group and partition.</summary>
internal sealed class OffsetView
{
    private static readonly SortedDictionary<TopicPartition, CommittedOffset> None = new(PartitionOrder.Instance);
    private readonly Dictionary<string, SortedDictionary<TopicPartition, CommittedOffset>> _byGroup = new(StringComparer.Ordinal);

    public IEnumerable<string> Groups => _byGroup.Keys;

    /// <summary>By topic and partition.</summary>
    public IReadOnlyDictionary<TopicPartition, CommittedOffset> Of(string group) => _byGroup.GetValueOrDefault(group, None);

    public CommittedOffset? Find(string group, TopicPartition partition) => _byGroup.GetValueOrDefault(group)?.GetValueOrDefault(partition);

    /// <summary>Keeps what is there when it was written later: a transaction's offsets count from their record, not their marker.</summary>
    public void Put(string group, TopicPartition partition, CommittedOffset offset)
    {
        if (!_byGroup.TryGetValue(group, out var offsets)) { _byGroup[group] = offsets = new(PartitionOrder.Instance); }
        if (!offsets.TryGetValue(partition, out var present) || present.RecordOffset < offset.RecordOffset) { offsets[partition] = offset; }
    }

    public void Remove(string group, TopicPartition partition)
    {
        if (_byGroup.TryGetValue(group, out var offsets) && offsets.Remove(partition) && offsets.Count == 0) { _byGroup.Remove(group); }
    }

    private sealed class PartitionOrder : IComparer<TopicPartition>
    {
        public static readonly PartitionOrder Instance = new();

        public int Compare(TopicPartition x, TopicPartition y) =>
            string.CompareOrdinal(x.Topic, y.Topic) is var byTopic and not 0 ? byTopic : x.Partition.CompareTo(y.Partition);
    }
}
