using System.Diagnostics;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Group commit, rolling and checkpoints.</summary>
internal sealed partial class PartitionLog
{
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Flushing = 2;
    private const int FlushingAndDirty = 3;

    private readonly Lock _flushLock = new();
    private readonly Lock _checkpointLock = new();
    private int _flushState;

    // Guarded by the flush lock for writing and the append lock for both.
    private long _flushedEnd;
    private bool _directoryChanged;

    private LogPosition _checkpointed;
    private long _checkpointSequence;

    /// <returns>True when the caller has to put the partition in the queue.</returns>
    public bool TryEnterQueue()
    {
        while (true)
        {
            switch (Volatile.Read(ref _flushState))
            {
                case Idle when Interlocked.CompareExchange(ref _flushState, Queued, Idle) == Idle:
                    return true;
                case Flushing when Interlocked.CompareExchange(ref _flushState, FlushingAndDirty, Flushing) == Flushing:
                case Queued or FlushingAndDirty:
                    return false;
            }
        }
    }

    public void BeginFlush() => Interlocked.Exchange(ref _flushState, Flushing);

    /// <returns>True when something was appended meanwhile.</returns>
    public bool EndFlush() => Interlocked.Exchange(ref _flushState, Idle) == FlushingAndDirty;

    /// <summary>Makes everything written before the call durable, shows it to readers and wakes those who wait for it.</summary>
    public void Flush()
    {
        Segment[] segments;
        lock (_flushLock)
        {
            (long Offset, int Position) end;
            bool directoryChanged;
            lock (_lock)
            {
                if (IsClosed || _offlineReason is not null) { return; }

                segments = _segments;
                end = segments[^1].Written;
                directoryChanged = _directoryChanged;
                _directoryChanged = false;
                if (end.Offset == _flushedEnd && !directoryChanged) { return; }
            }

            var first = FindSegment(segments, _flushedEnd);
            try
            {
                FlushFiles(segments, first, directoryChanged);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                _context.FlushFailed(failure);
                return;
            }

            lock (_lock)
            {
                for (var i = first; i < segments.Length - 1; i++) { segments[i].Publish(segments[i].Written); }

                _flushedEnd = end.Offset;
                if (_context.Options.Durability == Durability.Fsync)
                {
                    segments[^1].Publish(end);
                    AdvanceHighWatermark(end.Offset);
                }
            }
        }

        Wake();
        if (segments.Length > 1 && segments[^2].HasUnsavedIndexes) { SaveClosedSegments(segments); }
    }

    /// <summary>Makes log start and flushed end durable, unless they are already.</summary>
    /// <exception cref="IOException">The checkpoint could not be written; the previous one holds.</exception>
    public void Checkpoint() => Checkpoint(LogStartOffset);

    /// <summary>No more appends and reads, and an error for those who wait.</summary>
    public void TakeOffline(string reason)
    {
        lock (_lock)
        {
            if (IsClosed || _offlineReason is not null) { return; }

            Volatile.Write(ref _offlineReason, reason);
        }

        _context.Logger.PartitionOffline(Partition, reason);
        _waiters.Wake(HighWatermark, ErrorCode.KafkaStorageError);
        _observers.Notify();
    }

    /// <summary>Flushes and saves all that the next start would otherwise have to find out; the last act before <see cref="Close"/>.</summary>
    /// <returns>False when the next start has to recover the partition.</returns>
    public bool SaveForStop()
    {
        Flush();
        lock (_lock)
        {
            if (IsClosed) { return true; }

            if (_offlineReason is not null) { return false; }

            var active = _segments[^1];
            active.SaveSideFiles();
            SideFile.Write(
                _context.Disk, LogPaths.File(_directory, active.NextOffset, LogPaths.SnapshotSuffix), ProducerSnapshot.Kind, ProducerSnapshot.Save(_producers));
        }

        Checkpoint();
        return true;
    }

    /// <summary>No more appends and reads, and <paramref name="error"/> for those who wait.</summary>
    public void Close(ErrorCode error)
    {
        lock (_lock)
        {
            if (IsClosed) { return; }

            Volatile.Write(ref _closedAs, (short)error);
        }

        _waiters.Wake(HighWatermark, error);
        _observers.Notify();
        foreach (var segment in Volatile.Read(ref _segments)) { segment.File.Retire(); }
    }

    private void FlushFiles(Segment[] segments, int first, bool directoryChanged)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = first; i < segments.Length; i++)
        {
            // A retired file holds nothing that anyone may still read.
            if (!segments[i].File.TryAcquire()) { continue; }

            try
            {
                segments[i].File.Handle.Flush();
            }
            finally
            {
                segments[i].File.Release();
            }
        }

        if (directoryChanged) { _context.Disk.FlushDirectory(_directory); }

        _context.Metrics.Flushed(Stopwatch.GetElapsedTime(began), segments.Length - first);
    }

    private void SaveClosedSegments(Segment[] segments)
    {
        try
        {
            for (var i = segments.Length - 2; i >= 0 && segments[i].HasUnsavedIndexes; i--) { segments[i].SaveSideFiles(); }

            segments[^1].SaveSnapshot();
            _context.Disk.FlushDirectory(_directory);
            Checkpoint();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.SideFilesNotWritten(failure, Partition);
        }
    }

    private void Checkpoint(long logStartOffset)
    {
        lock (_checkpointLock)
        {
            long flushed;
            lock (_lock) { flushed = _flushedEnd; }

            var position = new LogPosition(Math.Max(logStartOffset, _checkpointed.LogStartOffset), flushed);
            if (position == _checkpointed) { return; }

            LogCheckpoint.Write(_context.Disk, _directory, position, ref _checkpointSequence);
            _checkpointed = position;
            DeleteOldSnapshots(position.RecoveryPoint);
        }
    }

    /// <summary>Recovery starts at the segment that holds the recovery point: older snapshots than that one's serve no more.</summary>
    private void DeleteOldSnapshots(long recoveryPoint)
    {
        var segments = Volatile.Read(ref _segments);
        if (segments.Length == 0) { return; }

        var needed = segments[FindSegment(segments, recoveryPoint)].BaseOffset;
        var old = _context.Disk.ListFiles(_directory)
            .Select(name => LogPaths.OffsetOf(name, LogPaths.SnapshotSuffix)).OfType<long>().Where(offset => offset <= needed).ToList();

        // The newest of them stays, whether or not it is the needed one.
        foreach (var offset in old.Order().SkipLast(1)) { _context.Disk.DeleteFile(LogPaths.File(_directory, offset, LogPaths.SnapshotSuffix)); }
    }

    /// <summary>Begins a new segment when the active one is full or old, as Apache Kafka decides it; under the append lock.</summary>
    private bool RollIfDue(in BatchHeader header, int size, Catalog.TopicConfig config, long nowMs)
    {
        var active = _segments[^1];
        if (active.SizeInBytes == 0) { return false; }

        var age = active.FirstTimestampMs >= 0 ? header.MaxTimestampMs - active.FirstTimestampMs : nowMs - active.CreatedMs;
        var due = active.SizeInBytes > config.SegmentBytes - (long)size
            || age > config.SegmentMs
            || active.NextOffset + header.LastOffsetDelta - active.BaseOffset > int.MaxValue - 1;
        if (due) { Roll(nowMs); }

        return due;
    }

    private void Roll(long nowMs)
    {
        var baseOffset = _segments[^1].NextOffset;
        var file = new SegmentFile(_context.Disk, LogPaths.File(_directory, baseOffset, LogPaths.LogSuffix), writable: true);
        if (!file.TryAcquire()) { throw new IOException($"{file.Path} cannot be opened."); }

        // What lies there can only be the rest of an attempt that failed.
        if (file.Handle.Length > 0) { file.Handle.SetLength(0); }

        file.Release();
        var segment = new Segment(_context.Disk, _directory, baseOffset, file, nowMs) { PendingSnapshot = ProducerSnapshot.Save(_producers) };
        _directoryChanged = true;
        segment.Publish((baseOffset, 0));
        Volatile.Write(ref _segments, [.. _segments, segment]);
    }
}
