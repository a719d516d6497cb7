using System.Diagnostics;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Opens the files of one partition and brings them into a state that can be trusted.</summary>
/// <remarks>
/// Below the recovery point everything was flushed, so damage there is bit rot and takes the partition offline. From it on nothing may
/// have been, so the log is checked batch by batch and cut at the first that is not sound: it was never acknowledged.
/// </remarks>
internal sealed class LogRecovery
{
    private readonly LogContext _context;
    private readonly IDisk _disk;
    private readonly TopicPartition _partition;
    private readonly string _directory;
    private readonly int _indexIntervalBytes;
    private readonly List<Segment> _segments = [];
    private ProducerStateTable _producers = new();
    private long _logStart;
    private long _recoveryPoint;
    private long _sequence;
    private long _truncatedBytes;

    private LogRecovery(LogContext context, TopicPartition partition, string directory, int indexIntervalBytes) =>
        (_context, _disk, _partition, _directory, _indexIntervalBytes) = (context, context.Disk, partition, directory, indexIntervalBytes);

    /// <param name="cleanStop">The last process saved everything and said so.</param>
    /// <exception cref="LogDamagedException">The partition must stay as it is.</exception>
    /// <exception cref="IOException">The disk does not let us read or repair the partition.</exception>
    public static RecoveredLog Open(LogContext context, TopicPartition partition, string directory, int indexIntervalBytes, bool cleanStop)
    {
        var recovery = new LogRecovery(context, partition, directory, indexIntervalBytes);
        if (context.Disk.DirectoryExists(directory))
        {
            recovery.OpenExisting(cleanStop);
        }
        else
        {
            recovery.Create();
        }

        var end = recovery._segments[^1].NextOffset;
        recovery._producers.Transactions.HighWatermarkMoved(end);
        return new RecoveredLog(
            [.. recovery._segments], recovery._producers, recovery._logStart, end, recovery._recoveryPoint, recovery._sequence, null);
    }

    private void Create()
    {
        _disk.CreateDirectory(_directory);
        LogCheckpoint.Write(_disk, _directory, default, ref _sequence);
        _segments.Add(NewSegment(0, writable: true));
        _disk.FlushDirectory(_directory);
    }

    private void OpenExisting(bool cleanStop)
    {
        SwapFiles.Complete(_disk, _directory);
        ReadCheckpoint();
        var bases = FindBases();
        if (cleanStop && TryTrust(bases)) { return; }

        var began = Stopwatch.GetTimestamp();
        var checkFrom = Math.Max(bases.FindLastIndex(offset => offset <= _recoveryPoint), 0);
        for (var i = 0; i < bases.Count; i++) { _segments.Add(NewSegment(bases[i], writable: i >= checkFrom)); }

        Recover(checkFrom);
        _context.Metrics.Recovered(Stopwatch.GetElapsedTime(began), _truncatedBytes);
        _context.Logger.Recovered(
            _partition, bases[checkFrom], _segments[^1].NextOffset, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private void ReadCheckpoint()
    {
        if (LogCheckpoint.Read(_disk, _directory) is { } saved)
        {
            (_logStart, _recoveryPoint) = saved.Position;
            _sequence = saved.Sequence;
            return;
        }

        // Nothing tells a torn tail from bit rot now, so only the last segment is taken for possibly torn.
        var bases = Bases();
        if (bases.Count == 0) { return; }

        (_logStart, _recoveryPoint) = (bases[0], bases[^1]);
        _context.Logger.CheckpointLost(_partition, _logStart, _recoveryPoint);
    }

    private List<long> Bases() =>
        [.. _disk.ListFiles(_directory).Select(name => LogPaths.OffsetOf(name, LogPaths.LogSuffix)).OfType<long>().Order()];

    private List<long> FindBases()
    {
        var bases = Bases();
        while (bases.Count > 1 && bases[1] <= _logStart)
        {
            // Retention or DeleteRecords was interrupted between moving the start and removing the files.
            NewSegment(bases[0], writable: false).Delete();
            bases.RemoveAt(0);
        }

        if (bases.Count == 0 ? _recoveryPoint > _logStart : bases[0] > _logStart)
        {
            throw new LogDamagedException(
                $"expected a segment for offset {_logStart}, found {(bases.Count == 0 ? "none" : $"the first at {bases[0]}")}");
        }

        return bases.Count > 0 ? bases : [_logStart];
    }

    private Segment NewSegment(long baseOffset, bool writable)
    {
        var file = new SegmentFile(_disk, LogPaths.File(_directory, baseOffset, LogPaths.LogSuffix), writable);
        if (writable && file.TryAcquire()) { file.Release(); }

        return new Segment(_disk, _directory, baseOffset, file, _context.NowMs);
    }

    /// <summary>Takes everything as a clean stop left it, or nothing when anything does not fit.</summary>
    private bool TryTrust(List<long> bases)
    {
        for (var i = 0; i < bases.Count; i++) { _segments.Add(NewSegment(bases[i], writable: i == bases.Count - 1)); }

        if (_segments.TrueForAll(TryLoadSummary) && _segments[^1].NextOffset == _recoveryPoint && TryLoadSnapshot(_recoveryPoint))
        {
            _segments[^1].Reopen();
            return true;
        }

        foreach (var segment in _segments) { segment.File.Retire(); }

        _segments.Clear();
        return false;
    }

    private void Recover(int checkFrom)
    {
        var rebuildFrom = 0;
        while (rebuildFrom < checkFrom && TryLoadSummary(_segments[rebuildFrom])) { rebuildFrom++; }

        if (rebuildFrom < checkFrom) { _context.Logger.SideFilesRebuilt(_partition, _segments[rebuildFrom].BaseOffset); }

        var snapshot = LoadNewestSnapshot(_segments[rebuildFrom].BaseOffset, _segments[checkFrom].BaseOffset);
        for (var i = _segments.FindLastIndex(segment => segment.BaseOffset <= snapshot); i >= 0 && i < rebuildFrom; i++) { ReplayProducers(_segments[i], snapshot); }

        for (var i = rebuildFrom; i < _segments.Count; i++)
        {
            // What the side files say of bytes that may be cut and written anew must never be believed again.
            foreach (var suffix in Segment.SideFileSuffixes) { _disk.DeleteFile(_segments[i].PathOf(suffix)); }

            // Also knows producers whose batches are gone.
            if (i > checkFrom || !TryLoadSnapshot(_segments[i].BaseOffset)) { _segments[i].PendingSnapshot = ProducerSnapshot.Save(_producers); }

            Rebuild(i, check: i >= checkFrom);
        }

        var end = _segments[^1].NextOffset;
        if (end < _recoveryPoint) { throw new LogDamagedException($"expected records up to offset {_recoveryPoint}, the log ends at {end}"); }

        for (var i = checkFrom; i < _segments.Count; i++) { Use(_segments[i], file => file.Flush()); }

        _disk.FlushDirectory(_directory);
        Save(rebuildFrom, end);
    }

    /// <summary>Spares the next start the same work; a full disk must not keep this one from serving what is there.</summary>
    private void Save(int rebuiltFrom, long end)
    {
        try
        {
            for (var i = rebuiltFrom; i < _segments.Count - 1; i++) { _segments[i].SaveSideFiles(); }

            _segments[^1].SaveSnapshot();
            _disk.FlushDirectory(_directory);

            // Even when nothing changed: what was read may have been written by a process that died before it flushed.
            LogCheckpoint.Write(_disk, _directory, new LogPosition(_logStart, end), ref _sequence);
            _recoveryPoint = end;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.SideFilesNotWritten(failure, _partition);
        }
    }

    private void Rebuild(int index, bool check)
    {
        var segment = _segments[index];
        var expected = segment.BaseOffset;
        var nextBase = index + 1 < _segments.Count ? _segments[index + 1].BaseOffset : long.MaxValue;
        Use(segment, file =>
        {
            var length = file.Length;
            using var scanner = new BatchScanner(file, 0, Math.Min(length, int.MaxValue), check);
            Func<ReadOnlyMemory<byte>> batch = scanner.Batch;
            while (scanner.MoveNext())
            {
                var header = scanner.Header;

                // Compaction leaves gaps, but only below the recovery point. The checksum does not cover the base offset.
                if (header.BaseOffset < expected || (header.BaseOffset > expected && header.NextOffset > _recoveryPoint)
                    || header.BaseOffset >= nextBase || header.NextOffset - segment.BaseOffset > int.MaxValue)
                {
                    Damaged(index, scanner.Position, Math.Min(expected, header.BaseOffset), $"expected offset {expected}, found {header.BaseOffset}");
                    return;
                }

                segment.Indexed(header, (int)scanner.Position, _indexIntervalBytes);
                if (_producers.Replay(header, batch, _context.NowMs) is { } aborted) { segment.Aborted.Add(aborted); }

                expected = header.NextOffset;
            }

            if (scanner.Problem is { } problem) { Damaged(index, scanner.NextPosition, expected, problem); }
        });

        if (index + 1 >= _segments.Count || nextBase == expected) { return; }

        // Compaction may have removed the last batches of a segment, which it touches only below the recovery point.
        if (nextBase > expected && nextBase <= _recoveryPoint)
        {
            segment.ExtendTo(nextBase);
        }
        else
        {
            Damaged(index, segment.SizeInBytes, expected, $"expected a segment at offset {expected}, found {nextBase}");
        }
    }

    private void Damaged(int index, long position, long offset, string problem)
    {
        var segment = _segments[index];
        var later = _segments[(index + 1)..];

        // The rest of an append that failed on a full disk, before the segment was closed: all offsets up to the next segment are there.
        if (later is [var next, ..] && next.BaseOffset == offset) { later = []; }
        else if (offset < _recoveryPoint || later.Exists(other => other.BaseOffset < _recoveryPoint))
        {
            throw new LogDamagedException($"{problem} at position {position} of {segment.File.Path} (offset {offset}), below the recovery point {_recoveryPoint}");
        }

        var cut = 0L;
        Use(segment, file =>
        {
            cut = file.Length - position;
            file.SetLength(position);
        });
        foreach (var other in later)
        {
            Use(other, file => cut += file.Length);
            other.Delete();
        }

        _segments.RemoveRange(index + 1, later.Count);
        _truncatedBytes += cut;
        _context.Logger.TailCut(cut, _partition, offset, position, segment.File.Path, problem);
    }

    private void ReplayProducers(Segment segment, long from) => Use(segment, file =>
    {
        using var scanner = new BatchScanner(file, 0, segment.SizeInBytes, checkCrc: false);
        Func<ReadOnlyMemory<byte>> batch = scanner.Batch;
        while (scanner.MoveNext())
        {
            if (scanner.Header.BaseOffset >= from) { _producers.Replay(scanner.Header, batch, _context.NowMs); }
        }

        if (scanner.Problem is { } problem)
        {
            throw new LogDamagedException($"{problem} at position {scanner.NextPosition} of {segment.File.Path}");
        }
    });

    private bool TryLoadSummary(Segment segment)
    {
        var length = 0L;
        Use(segment, file => length = file.Length);
        if (segment.TryLoadSummary(length)) { return true; }

        // The side file of a stopped log may be older than what was appended later, but its log file never shrinks.
        return Segment.RecordedLength(_disk, _directory, segment.BaseOffset) is { } recorded && recorded > length
            ? throw new LogDamagedException($"expected {recorded} bytes in {segment.File.Path}, found {length}")
            : false;
    }

    private bool TryLoadSnapshot(long offset)
    {
        var path = LogPaths.File(_directory, offset, LogPaths.SnapshotSuffix);
        if (SideFile.Read(_disk, path, ProducerSnapshot.Kind) is not { } bytes) { return false; }

        _producers = ProducerSnapshot.Load(bytes);
        return true;
    }

    /// <summary>Loads the newest sound snapshot up to an offset, and removes those that may describe bytes about to be cut.</summary>
    /// <returns>Its offset, or that of the first segment.</returns>
    private long LoadNewestSnapshot(long upTo, long trusted)
    {
        var offsets = _disk.ListFiles(_directory).Select(name => LogPaths.OffsetOf(name, LogPaths.SnapshotSuffix)).OfType<long>().ToList();
        foreach (var offset in offsets.Where(offset => offset > trusted))
        {
            _disk.DeleteFile(LogPaths.File(_directory, offset, LogPaths.SnapshotSuffix));
        }

        foreach (var offset in offsets.Where(offset => offset <= upTo).OrderDescending())
        {
            if (TryLoadSnapshot(offset)) { return offset; }
        }

        return _segments[0].BaseOffset;
    }

    private static void Use(Segment segment, Action<IDiskFile> action)
    {
        if (!segment.File.TryAcquire()) { throw new IOException($"{segment.File.Path} cannot be opened."); }

        try
        {
            action(segment.File.Handle);
        }
        finally
        {
            segment.File.Release();
        }
    }
}
