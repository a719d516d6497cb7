namespace HsStream.Store.Writing;

/// <summary>A stream's state and length.</summary>
internal sealed record StreamEntry(StreamKind Kind, object State, long Version);

/// <summary>States of the streams used last, true as of one head of the chain.</summary>
/// <remarks>Two generations: when the young one is full it becomes the old one, and the old one is forgotten. One writer uses it at a time.</remarks>
internal sealed class StreamStates(int capacity)
{
    private Dictionary<string, StreamEntry> _young = new(StringComparer.Ordinal);
    private Dictionary<string, StreamEntry> _old = new(StringComparer.Ordinal);
    private byte[] _head = [];

    /// <summary>Forgets everything unless the chain still ends where it did.</summary>
    public void RequireHead(byte[] head)
    {
        if (_head.AsSpan().SequenceEqual(head)) { return; }
        Clear();
        _head = head;
    }

    public void Clear()
    {
        _young.Clear();
        _old.Clear();
        _head = [];
    }

    public StreamEntry? Find(string streamId)
    {
        if (_young.TryGetValue(streamId, out var entry)) { return entry; }
        return _old.GetValueOrDefault(streamId);
    }

    public void Commit(byte[] head, IEnumerable<KeyValuePair<string, StreamEntry>> states)
    {
        _head = head;
        foreach (var (streamId, entry) in states)
        {
            _young[streamId] = entry;
            if (_young.Count * 2 < capacity) { continue; }
            (_young, _old) = (_old, _young);
            _young.Clear();
        }
    }
}
