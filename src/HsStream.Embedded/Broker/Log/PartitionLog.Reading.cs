using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>The reading half: no locks.</summary>
internal sealed partial class PartitionLog
{
    /// <summary>Reads whole batches from the one that contains <paramref name="offset"/>.</summary>
    /// <param name="maxBytes">Upper bound for the bytes returned.</param>
    /// <param name="atLeastOne">Returns the first batch even when it alone exceeds <paramref name="maxBytes"/>.</param>
    public FetchData Read(long offset, int maxBytes, IsolationLevel isolation, bool atLeastOne)
    {
        if (OfflineReason is not null) { return Failed(ErrorCode.KafkaStorageError); }

        try
        {
            while (!IsClosed)
            {
                // Loaded in this order they satisfy start <= stable <= high watermark, since each only grows.
                var start = LogStartOffset;
                var stable = LastStableOffset;
                var high = HighWatermark;
                if (offset < start || offset > LogEndOffset) { return Failed(ErrorCode.OffsetOutOfRange); }

                var limit = isolation == IsolationLevel.ReadCommitted ? stable : high;

                // One list for records and aborted transactions: compaction removes both together.
                var segments = Volatile.Read(ref _segments);
                if (!TryRead(segments, offset, limit, maxBytes, atLeastOne, out var records, out var end)) { continue; }

                var aborted = isolation == IsolationLevel.ReadCommitted ? AbortedBetween(segments, offset, end, records.Length) : null;
                return new FetchData(ErrorCode.None, records, high, stable, start, aborted);
            }

            return Failed((ErrorCode)_closedAs);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.ReadFailed(failure, Partition, offset);
            return Failed(ErrorCode.KafkaStorageError);
        }
    }

    /// <summary>Bytes a fetch from <paramref name="offset"/> could return now, counted up to <paramref name="limit"/>; cheap.</summary>
    /// <remarks>0 as well where a fetch would fail.</remarks>
    public int AvailableBytes(long offset, IsolationLevel isolation, int limit)
    {
        var end = isolation == IsolationLevel.ReadCommitted ? LastStableOffset : HighWatermark;
        if (offset >= end || offset < LogStartOffset || OfflineReason is not null) { return 0; }

        var segments = Volatile.Read(ref _segments);
        long available = 0;
        try
        {
            for (var i = FindSegment(segments, offset); i < segments.Length && segments[i].BaseOffset < end && available < limit; i++)
            {
                if (!segments[i].File.TryAcquire()) { return limit; }

                try
                {
                    var visible = segments[i].Visible;
                    available += segments[i].PositionOf(end, visible) - segments[i].PositionOf(offset, visible);
                }
                finally
                {
                    segments[i].File.Release();
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The fetch that follows meets the same failure and reports it.
            _context.Logger.ReadFailed(failure, Partition, offset);
            return limit;
        }

        return (int)Math.Min(available, limit);
    }

    /// <returns>False when the list of segments is out of date.</returns>
    private static bool TryRead(
        Segment[] segments, long offset, long limit, int maxBytes, bool atLeastOne, out RecordSet records, out long end)
    {
        (records, end) = (RecordSet.Empty, offset);
        if (offset >= limit) { return true; }

        if (segments.Length == 0 || offset < segments[0].BaseOffset) { return false; }

        for (var i = FindSegment(segments, offset); i < segments.Length; i++)
        {
            var segment = segments[i];
            if (!segment.File.TryAcquire()) { return false; }

            var kept = false;
            try
            {
                var visible = segment.Visible;
                var stop = limit < visible.Offset ? (limit, segment.PositionOf(limit, visible)) : visible;
                var position = segment.PositionOf(offset, visible);
                if (position >= stop.Item2)
                {
                    // Compaction took the rest of this segment; what follows is in the next one.
                    if (segment.NextOffset >= limit) { return true; }

                    continue;
                }

                (var endPosition, end) = segment.EndOf(position, stop, maxBytes, atLeastOne);
                if (endPosition > position)
                {
                    records = new FileRecords(segment.File, position, endPosition - position);
                    kept = true;
                }

                return true;
            }
            finally
            {
                if (!kept) { segment.File.Release(); }
            }
        }

        return true;
    }

    private static List<AbortedTransaction> AbortedBetween(Segment[] segments, long offset, long end, int bytes)
    {
        var found = new List<AbortedTransaction>();
        if (bytes == 0) { return found; }

        for (var i = FindSegment(segments, offset); i < segments.Length && !segments[i].Aborted.Collect(offset, end, found); i++)
        {
        }

        found.Sort((left, right) => left.FirstOffset.CompareTo(right.FirstOffset));
        return found;
    }

    /// <summary>Index of the last segment that starts at or below the offset; 0 when none does.</summary>
    private static int FindSegment(Segment[] segments, long offset)
    {
        var (low, high) = (0, segments.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset) { low = middle + 1; } else { high = middle; }
        }

        return Math.Max(low - 1, 0);
    }

    private static FetchData Failed(ErrorCode error) => new(error, RecordSet.Empty, -1, -1, -1, null);
}
