namespace HsStream.Embedded.Broker.Log;

/// <summary>Which record is the newest of its key in the part of a partition that compaction has not seen yet.</summary>
/// <param name="End">The map covers the records below this offset.</param>
internal sealed record CompactionIndex(KeyMap Newest, long End)
{
    /// <param name="dirty">The batches from the one that holds <paramref name="from"/> on; each is valid until the next is asked for.</param>
    /// <param name="aborted">The aborted transactions of the partition; their records do not count.</param>
    /// <param name="maxKeys">When the keys are more, the index ends earlier and the rest is left to the next round.</param>
    public static CompactionIndex Build(
        IEnumerable<(BatchHeader Header, ReadOnlyMemory<byte> Batch)> dirty, long from, long to, IEnumerable<AbortedEntry> aborted, int maxKeys)
    {
        var newest = new KeyMap(maxKeys);

        // The walk does not see the markers before its start, so it must not see those transactions begin either.
        var transactions = new CleanedTransactions(aborted.Where(entry => entry.MarkerOffset >= from));
        foreach (var (header, batch) in dirty)
        {
            if (header.LastOffset < from) { continue; }

            if (header.BaseOffset >= to) { break; }

            if (!newest.HasRoomFor(header.RecordCount)) { return new CompactionIndex(newest, header.BaseOffset); }

            try
            {
                if (header.IsControl) { transactions.OnMarker(header, RecordReader.MarkerOf(batch)); }
                else if (!transactions.OnData(header)) { Add(newest, batch, from); }
            }
            catch (InvalidRecordException)
            {
                // Kept as it is; see BatchFilter.
            }
        }

        return new CompactionIndex(newest, to);
    }

    private static void Add(KeyMap newest, ReadOnlyMemory<byte> batch, long from)
    {
        var cursor = RecordReader.Open(batch);
        while (cursor.MoveNext())
        {
            if (cursor.Offset >= from && cursor.Key is { } key) { newest.Put(key.Span, cursor.Offset); }
        }
    }
}
