using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>Everything ever appended to a compacted partition, and what its readers must see of it.</summary>
internal sealed class ReaderModel(long deleteRetentionMs)
{
    private readonly Dictionary<long, Entry> _history = [];
    private readonly Dictionary<long, long> _tombstonesSince = [];

    public void Add(long offset, string key, string? value, long producer, bool transactional) =>
        _history[offset] = new Entry(key, value, producer, transactional, false);

    public void End(long producer, bool commit)
    {
        foreach (var (offset, entry) in _history.Where(pair => pair.Value.IsOpen && pair.Value.Producer == producer))
        {
            _history[offset] = entry with { IsOpen = false, IsAborted = !commit };
        }
    }

    /// <param name="visible">What a read_committed client got, in order.</param>
    /// <param name="stable">The last stable offset.</param>
    public void Check(IEnumerable<(long Offset, string? Key, string? Value)> visible, long stable, long nowMs)
    {
        var newest = new Dictionary<string, (long Offset, string? Value)>();
        foreach (var (offset, entry) in _history.Where(pair => pair.Key < stable && !pair.Value.IsAborted).OrderBy(pair => pair.Key))
        {
            newest[entry.Key] = (offset, entry.Value);
        }

        var found = new Dictionary<string, (long Offset, string? Value)>();
        var previous = -1L;
        foreach (var (offset, key, value) in visible)
        {
            Assert.True(offset > previous && offset < stable, $"Offset {offset} after {previous}, with {stable} stable.");
            var original = _history[offset];
            Assert.Equal((original.Key, original.Value, false), (key, value, original.IsAborted));
            found[original.Key] = (offset, value);
            previous = offset;
        }

        foreach (var (key, last) in newest)
        {
            if (last.Value is null && !found.ContainsKey(key))
            {
                Assert.True(
                    _tombstonesSince.TryGetValue(last.Offset, out var since) && nowMs >= since + deleteRetentionMs,
                    $"The tombstone of {key} at {last.Offset} went too early.");
                continue;
            }

            Assert.Equal(last, found[key]);
            if (last.Value is null) { _tombstonesSince.TryAdd(last.Offset, nowMs); }
        }
    }

    private readonly record struct Entry(string Key, string? Value, long Producer, bool IsOpen, bool IsAborted);
}
