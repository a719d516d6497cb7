using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>What retention, compaction and DeleteRecords do to whole segments.</summary>
internal sealed partial class PartitionLog
{
    private readonly Lock _maintenanceLock = new();

    /// <summary>A snapshot, oldest first; the last one is being appended to, all others are closed and never change.</summary>
    public IReadOnlyList<Segment> Segments => Volatile.Read(ref _segments);

    /// <summary>Moves the log start; the change is durable before this returns.</summary>
    /// <param name="beforeOffset">The new log start, or -1 for the high watermark.</param>
    /// <returns>The log start after the call, or <see cref="ErrorCode.OffsetOutOfRange"/> beyond the high watermark.</returns>
    public (ErrorCode Error, long LogStartOffset) DeleteRecords(long beforeOffset)
    {
        if (IsClosed) { return ((ErrorCode)_closedAs, -1); }

        if (OfflineReason is not null) { return (ErrorCode.KafkaStorageError, -1); }

        var high = HighWatermark;
        var target = beforeOffset == -1 ? high : beforeOffset;
        if (target < 0 || target > high) { return (ErrorCode.OffsetOutOfRange, -1); }

        try
        {
            AdvanceLogStart(target);
            return (ErrorCode.None, LogStartOffset);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.MaintenanceFailed(failure, Partition);
            return (ErrorCode.KafkaStorageError, -1);
        }
    }

    /// <summary>Moves the log start forward, durably, and then removes the closed segments that lie below it.</summary>
    /// <param name="offset">At most the high watermark; no effect at or below the present start.</param>
    /// <exception cref="IOException">Nothing happened, or only files remain that the next start removes.</exception>
    public void AdvanceLogStart(long offset)
    {
        lock (_maintenanceLock)
        {
            if (offset <= LogStartOffset || IsClosed) { return; }

            // The log must never start behind what a loss of power leaves of it.
            if (_context.Options.Durability == Durability.PageCache) { Flush(); }

            Checkpoint(offset);
            Segment[] dropped;
            lock (_lock)
            {
                Volatile.Write(ref _logStartOffset, offset);
                AdvanceLastStableOffset();
                var kept = _segments.SkipWhile((segment, index) => index < _segments.Length - 1 && segment.NextOffset <= offset).ToArray();
                dropped = _segments[..^kept.Length];
                Volatile.Write(ref _segments, kept);
            }

            _observers.Notify();
            foreach (var segment in dropped) { segment.Delete(); }

            if (dropped.Length > 0)
            {
                _context.Logger.SegmentsRemoved(dropped.Length, Partition, offset);
                _context.Metrics.Removed(dropped.Length);
            }
        }
    }

    /// <summary>Closes the active segment and begins a new one, unless it is empty.</summary>
    /// <exception cref="IOException">Nothing changed.</exception>
    public void RollActive()
    {
        lock (_lock)
        {
            if (Refusal() is not null || _segments[^1].SizeInBytes == 0) { return; }

            Roll(_context.NowMs);
        }

        Flush();
    }

    /// <summary>Whether a batch is the last one of a producer that is still remembered; compaction keeps such a batch, empty if need be.</summary>
    /// <remarks>As in Apache Kafka: the last data batch of the producer's epoch, or the marker when the epoch has no data yet.</remarks>
    public bool IsLastOfProducer(in BatchHeader batch)
    {
        lock (_lock)
        {
            return _producers.Find(batch.ProducerId) is { } state && (state.Recent is [.., var last]
                ? last.LastOffset == batch.LastOffset
                : batch.IsControl && batch.ProducerEpoch == state.Epoch);
        }
    }

    /// <summary>Begins a segment that will replace closed ones from <paramref name="baseOffset"/> on.</summary>
    public CleanedSegment BeginCleaned(long baseOffset) => new(_context, _directory, baseOffset);

    /// <summary>Puts a cleaned segment in the place of closed ones; whatever moment a crash picks, one or the other is there.</summary>
    /// <param name="old">Neighbours from <see cref="Segments"/>, without the active one; their offsets span at most 2^31.</param>
    /// <returns>False when they are no longer part of the log; the cleaned segment is then to be discarded.</returns>
    /// <exception cref="IOException">The next start completes or drops the replacement.</exception>
    public bool Replace(IReadOnlyList<Segment> old, CleanedSegment cleaned)
    {
        lock (_maintenanceLock)
        {
            // Recovery takes gaps between offsets for damage above the recovery point, and compaction leaves gaps.
            if (_checkpointed.RecoveryPoint < old[^1].NextOffset)
            {
                Flush();
                Checkpoint();
            }

            var at = Array.IndexOf(_segments, old[0]);
            if (IsClosed || at < 0 || !_segments.AsSpan(at, Math.Min(old.Count, _segments.Length - at)).SequenceEqual([.. old])) { return false; }

            var segment = cleaned.Finish(old[^1].NextOffset);
            segment.File.Rename(LogPaths.Swap(_directory, segment.BaseOffset, segment.NextOffset));
            _context.Disk.FlushDirectory(_directory);
            lock (_lock)
            {
                at = Array.IndexOf(_segments, old[0]);
                Volatile.Write(ref _segments, [.. _segments[..at], segment, .. _segments[(at + old.Count)..]]);
            }

            foreach (var replaced in old) { replaced.Delete(keepSnapshot: true); }

            segment.File.Rename(segment.PathOf(LogPaths.LogSuffix));
            _context.Disk.FlushDirectory(_directory);
            segment.SaveSideFiles();
            return true;
        }
    }

    /// <summary>Checkpoint and memory; one round of the background work, before retention and compaction.</summary>
    /// <exception cref="IOException">The checkpoint could not be written.</exception>
    public void Tidy(bool checkpoint)
    {
        if (IsClosed || OfflineReason is not null) { return; }

        if (checkpoint)
        {
            if (_context.Options.Durability == Durability.PageCache) { Flush(); }

            Checkpoint();
        }

        foreach (var segment in Volatile.Read(ref _segments).AsSpan()[..^1]) { segment.DropIdleIndexes(); }

        var unusedSince = _context.NowMs - (long)_context.Options.ProducerExpiration.TotalMilliseconds;
        lock (_lock) { _producers.RemoveUnused(unusedSince); }
    }
}
