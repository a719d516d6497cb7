namespace HsStream.Embedded.Broker.Log;

/// <summary>The transactions of a partition that hold its last stable offset back. Guarded by the partition's append lock.</summary>
internal sealed class OpenTransactions
{
    // By first offset: a transaction starts at the end of the log, so it is added at the end of the list.
    private readonly LinkedList<Entry> _all = [];
    private readonly Dictionary<long, LinkedListNode<Entry>> _openByProducer = [];

    // Ended, but the marker is not yet below the high watermark; in the order of the markers.
    private readonly Queue<LinkedListNode<Entry>> _ended = [];

    /// <summary>First offset of the oldest transaction that is open or whose marker readers cannot see yet, or null.</summary>
    public long? FirstUnstableOffset => _all.First?.Value.FirstOffset;

    public int OpenCount => _openByProducer.Count;

    public IEnumerable<(long ProducerId, long FirstOffset)> Open =>
        _all.Where(entry => entry.MarkerOffset < 0).Select(entry => (entry.ProducerId, entry.FirstOffset));

    public void Begin(long producerId, long firstOffset) =>
        _openByProducer[producerId] = _all.AddLast(new Entry(producerId, firstOffset));

    /// <returns>First offset of the oldest transaction that is still open, else one past the marker.</returns>
    public long End(long producerId, long markerOffset)
    {
        _openByProducer.Remove(producerId, out var node);
        node!.Value.MarkerOffset = markerOffset;
        _ended.Enqueue(node);
        foreach (var entry in _all)
        {
            if (entry.MarkerOffset < 0) { return entry.FirstOffset; }
        }

        return markerOffset + 1;
    }

    public void HighWatermarkMoved(long highWatermark)
    {
        while (_ended.TryPeek(out var node) && node.Value.MarkerOffset < highWatermark)
        {
            _all.Remove(node);
            _ended.Dequeue();
        }
    }

    private sealed class Entry(long producerId, long firstOffset)
    {
        public long ProducerId { get; } = producerId;

        public long FirstOffset { get; } = firstOffset;

        public long MarkerOffset { get; set; } = -1;
    }
}
