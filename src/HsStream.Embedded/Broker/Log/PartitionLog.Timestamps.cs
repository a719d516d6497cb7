namespace HsStream.Embedded.Broker.Log;

/// <summary>Finding records by their timestamps: time index, headers, then one batch is decoded.</summary>
internal sealed partial class PartitionLog
{
    /// <summary>First record with a timestamp of at least <paramref name="timestampMs"/> below the end that the isolation level shows.</summary>
    /// <returns>Offset and timestamp, or (-1, -1) when there is none.</returns>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public (long Offset, long TimestampMs) FindByTimestamp(long timestampMs, IsolationLevel isolation)
    {
        while (!IsClosed)
        {
            var start = LogStartOffset;
            var limit = isolation == IsolationLevel.ReadCommitted ? LastStableOffset : HighWatermark;
            if (TryFind(Volatile.Read(ref _segments), timestampMs, start, limit, out var found)) { return found; }
        }

        return (-1, -1);
    }

    /// <summary>Offset and timestamp of the record with the largest timestamp, or (-1, -1) in an empty log.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public (long Offset, long TimestampMs) FindMaxTimestamp()
    {
        while (!IsClosed)
        {
            var (maxTimestamp, complete) = (-1L, true);
            var start = LogStartOffset;
            foreach (var segment in Volatile.Read(ref _segments))
            {
                if (segment.NextOffset > start) { complete &= TryFindMax(segment, start, ref maxTimestamp); }
            }

            if (complete) { return maxTimestamp < 0 ? (-1, -1) : FindByTimestamp(maxTimestamp, IsolationLevel.ReadUncommitted); }
        }

        return (-1, -1);
    }

    /// <returns>False when a segment went away meanwhile.</returns>
    private static bool TryFind(Segment[] segments, long timestampMs, long start, long limit, out (long Offset, long TimestampMs) found)
    {
        found = (-1, -1);
        foreach (var segment in segments)
        {
            if (segment.BaseOffset >= limit) { break; }

            if (segment.MaxTimestampMs < timestampMs || segment.NextOffset <= start) { continue; }

            if (!segment.File.TryAcquire()) { return false; }

            try
            {
                var visible = segment.Visible;
                using var scanner = new BatchScanner(
                    segment.File.Handle, segment.FloorByTime(timestampMs, visible), visible.Position, checkCrc: false);
                while (scanner.MoveNext() && scanner.Header.BaseOffset < limit)
                {
                    if (scanner.Header.MaxTimestampMs < timestampMs || scanner.Header.LastOffset < start) { continue; }

                    if (FirstIn(scanner.Batch(), timestampMs, start) is { } first)
                    {
                        if (first.Offset < limit) { found = first; }

                        return true;
                    }
                }
            }
            finally
            {
                segment.File.Release();
            }
        }

        return true;
    }

    /// <summary>Raises <paramref name="max"/> to the largest timestamp among the batches that readers may see.</summary>
    /// <returns>False when the segment went away meanwhile.</returns>
    private static bool TryFindMax(Segment segment, long start, ref long max)
    {
        var visible = segment.Visible;
        if (segment.OffsetOfMaxTimestamp >= start && segment.OffsetOfMaxTimestamp < visible.Offset)
        {
            max = Math.Max(max, segment.MaxTimestampMs);
            return true;
        }

        // The largest is still being flushed, or deleted, so the part in between is searched.
        if (!segment.File.TryAcquire()) { return false; }

        try
        {
            using var scanner = new BatchScanner(segment.File.Handle, 0, visible.Position, checkCrc: false);
            while (scanner.MoveNext())
            {
                if (scanner.Header.LastOffset >= start) { max = Math.Max(max, scanner.Header.MaxTimestampMs); }
            }

            return true;
        }
        finally
        {
            segment.File.Release();
        }
    }

    private static (long Offset, long TimestampMs)? FirstIn(ReadOnlyMemory<byte> batch, long timestampMs, long start)
    {
        try
        {
            var cursor = RecordReader.Open(batch);
            while (cursor.MoveNext())
            {
                if (cursor.TimestampMs >= timestampMs && cursor.Offset >= start) { return (cursor.Offset, cursor.TimestampMs); }
            }
        }
        catch (InvalidRecordException)
        {
            // Stored as its producer sent it, and its producer compressed rubbish: no record of it can be found.
        }

        return null;
    }
}
