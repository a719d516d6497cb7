using System.Buffers.Binary;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Where batches lie in one segment, about one entry per interval of the log; and by which offset which time was reached.</summary>
/// <remarks>One writer, under the partition's append lock; any number of readers, without a lock.</remarks>
internal sealed class SparseIndex
{
    private const int OffsetEntryBytes = 8;
    private const int TimeEntryBytes = 12;

    // Relative offset in the upper half, position in the lower: both grow, so the entries are sorted either way.
    private long[] _offsets = [];
    private int _offsetCount;

    private (long TimestampMs, int RelativeOffset)[] _times = [];
    private int _timeCount;

    /// <summary>Position of the last batch that starts at or below the offset; 0 when there is no entry for any.</summary>
    public int FloorByOffset(int relativeOffset) => Floor(((long)relativeOffset << 32) | uint.MaxValue);

    /// <summary>Position of an indexed batch at or below <paramref name="position"/>, as near as the index knows.</summary>
    public int FloorByPosition(int position)
    {
        var count = Volatile.Read(ref _offsetCount);
        var entries = Volatile.Read(ref _offsets);
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if ((int)entries[middle] <= position) { low = middle + 1; } else { high = middle; }
        }

        return low == 0 ? 0 : (int)entries[low - 1];
    }

    /// <summary>A relative offset such that every record before it is older than <paramref name="timestampMs"/>.</summary>
    public int FloorByTime(long timestampMs)
    {
        var count = Volatile.Read(ref _timeCount);
        var entries = Volatile.Read(ref _times);
        var found = 0;
        for (var (low, high) = (0, count); low < high;)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].TimestampMs < timestampMs)
            {
                found = entries[middle].RelativeOffset;
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return found;
    }

    public void Add(int relativeOffset, int position)
    {
        Push(ref _offsets, _offsetCount, ((long)relativeOffset << 32) | (uint)position);
        Volatile.Write(ref _offsetCount, _offsetCount + 1);
    }

    /// <param name="maxTimestampMs">The largest so far; ignored unless it grew.</param>
    /// <param name="relativeOffset">Base of the batch that holds it.</param>
    public void AddTime(long maxTimestampMs, int relativeOffset)
    {
        if (_timeCount > 0 && _times[_timeCount - 1].TimestampMs >= maxTimestampMs) { return; }

        Push(ref _times, _timeCount, (maxTimestampMs, relativeOffset));
        Volatile.Write(ref _timeCount, _timeCount + 1);
    }

    public byte[] SaveOffsets()
    {
        var bytes = new byte[_offsetCount * OffsetEntryBytes];
        for (var i = 0; i < _offsetCount; i++) { BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * OffsetEntryBytes), _offsets[i]); }

        return bytes;
    }

    public byte[] SaveTimes()
    {
        var bytes = new byte[_timeCount * TimeEntryBytes];
        for (var i = 0; i < _timeCount; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * TimeEntryBytes), _times[i].TimestampMs);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((i * TimeEntryBytes) + 8), _times[i].RelativeOffset);
        }

        return bytes;
    }

    public static SparseIndex? Load(byte[]? offsets, byte[]? times)
    {
        if (offsets is null || times is null || offsets.Length % OffsetEntryBytes != 0 || times.Length % TimeEntryBytes != 0) { return null; }

        var index = new SparseIndex
        {
            _offsets = new long[offsets.Length / OffsetEntryBytes],
            _times = new (long, int)[times.Length / TimeEntryBytes],
        };
        for (var i = 0; i < index._offsets.Length; i++)
        {
            index._offsets[i] = BinaryPrimitives.ReadInt64LittleEndian(offsets.AsSpan(i * OffsetEntryBytes));
        }

        for (var i = 0; i < index._times.Length; i++)
        {
            var slot = times.AsSpan(i * TimeEntryBytes);
            index._times[i] = (BinaryPrimitives.ReadInt64LittleEndian(slot), BinaryPrimitives.ReadInt32LittleEndian(slot[8..]));
        }

        (index._offsetCount, index._timeCount) = (index._offsets.Length, index._times.Length);
        return index;
    }

    private int Floor(long key)
    {
        var count = Volatile.Read(ref _offsetCount);
        var entries = Volatile.Read(ref _offsets);
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle] <= key) { low = middle + 1; } else { high = middle; }
        }

        return low == 0 ? 0 : (int)entries[low - 1];
    }

    private static void Push<T>(ref T[] entries, int count, T entry)
    {
        if (count == entries.Length)
        {
            // The array is published before the count that needs it.
            var grown = new T[Math.Max(16, count * 2)];
            entries.CopyTo(grown, 0);
            Volatile.Write(ref entries, grown);
        }

        entries[count] = entry;
    }
}
