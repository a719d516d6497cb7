namespace HsStream.Embedded.Broker.Log;

/// <summary>A segment written by compaction beside the log; becomes part of it by <see cref="PartitionLog.Replace"/>. Not thread-safe.</summary>
internal sealed class CleanedSegment
{
    private readonly LogContext _context;
    private readonly Segment _segment;

    public CleanedSegment(LogContext context, string directory, long baseOffset)
    {
        _context = context;
        var path = LogPaths.File(directory, baseOffset, LogPaths.CleanedSuffix);
        var file = new SegmentFile(context.Disk, path, writable: true);
        if (!file.TryAcquire()) { throw new IOException($"{path} cannot be opened."); }

        file.Handle.SetLength(0);
        _segment = new Segment(context.Disk, directory, baseOffset, file, context.NowMs);
        file.Release();
    }

    public int SizeInBytes => _segment.SizeInBytes;

    /// <summary>Adds one whole batch; its offsets, CRC included, are as they will be read.</summary>
    public void Append(ReadOnlySpan<byte> batch) => _segment.Append(batch, BatchHeader.Read(batch), 4096);

    /// <summary>Keeps an aborted transaction of the replaced segments whose data, or part of it, is still in the log.</summary>
    public void AddAborted(AbortedEntry entry) => _segment.Aborted.Add(entry);

    public void Discard()
    {
        _segment.File.Retire();
        _context.Disk.DeleteFile(_segment.File.Path);
    }

    /// <summary>Makes the file durable.</summary>
    public Segment Finish(long nextOffset)
    {
        _segment.ExtendTo(nextOffset);
        _segment.Publish(_segment.Written);
        _segment.File.Handle.Flush();
        return _segment;
    }
}
