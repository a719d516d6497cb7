using System.Buffers.Binary;

namespace HsStream.Embedded.Broker.Log;

/// <summary>One transaction that ended with an abort marker.</summary>
/// <param name="LastStableOffset">
/// First offset of the oldest transaction still open when the marker was written, else one past the marker: no transaction aborted later
/// concerns records below it.
/// </param>
internal readonly record struct AbortedEntry(long ProducerId, long FirstOffset, long MarkerOffset, long LastStableOffset);

/// <summary>The transactions whose abort markers lie in one segment, in the order of the markers.</summary>
/// <remarks>One writer, under the partition's append lock; any number of readers, without a lock.</remarks>
internal sealed class AbortedIndex
{
    private const int EntryBytes = 32;

    private AbortedEntry[] _entries;
    private int _count;

    public AbortedIndex() => _entries = [];

    public AbortedIndex(IReadOnlyCollection<AbortedEntry> entries)
    {
        _entries = [.. entries];
        _count = _entries.Length;
    }

    public ReadOnlySpan<AbortedEntry> Entries
    {
        get
        {
            // The count is published after the array that holds so many, so it is read first.
            var count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    public void Add(AbortedEntry entry)
    {
        if (_count == _entries.Length)
        {
            var grown = new AbortedEntry[Math.Max(4, _count * 2)];
            _entries.CopyTo(grown, 0);
            Volatile.Write(ref _entries, grown);
        }

        _entries[_count] = entry;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Adds what concerns records from <paramref name="fetchOffset"/> up to <paramref name="end"/> to <paramref name="found"/>.</summary>
    /// <returns>True when no later segment can add any.</returns>
    public bool Collect(long fetchOffset, long end, List<AbortedTransaction> found)
    {
        foreach (var entry in Entries)
        {
            if (entry.MarkerOffset >= fetchOffset && entry.FirstOffset < end)
            {
                found.Add(new AbortedTransaction(entry.ProducerId, entry.FirstOffset));
            }

            if (entry.LastStableOffset >= end) { return true; }
        }

        return false;
    }

    public byte[] Save()
    {
        var entries = Entries;
        var bytes = new byte[entries.Length * EntryBytes];
        for (var i = 0; i < entries.Length; i++)
        {
            var slot = bytes.AsSpan(i * EntryBytes);
            BinaryPrimitives.WriteInt64LittleEndian(slot, entries[i].ProducerId);
            BinaryPrimitives.WriteInt64LittleEndian(slot[8..], entries[i].FirstOffset);
            BinaryPrimitives.WriteInt64LittleEndian(slot[16..], entries[i].MarkerOffset);
            BinaryPrimitives.WriteInt64LittleEndian(slot[24..], entries[i].LastStableOffset);
        }

        return bytes;
    }

    public static AbortedIndex? Load(byte[]? bytes)
    {
        if (bytes is null || bytes.Length % EntryBytes != 0) { return null; }

        var index = new AbortedIndex();
        for (ReadOnlySpan<byte> rest = bytes; rest.Length > 0; rest = rest[EntryBytes..])
        {
            index.Add(new AbortedEntry(
                BinaryPrimitives.ReadInt64LittleEndian(rest),
                BinaryPrimitives.ReadInt64LittleEndian(rest[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(rest[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(rest[24..])));
        }

        return index;
    }
}
