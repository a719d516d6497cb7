using System.Buffers.Binary;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>One .log file with its indexes: batches from <see cref="BaseOffset"/> on. The last segment of a partition is appended to.</summary>
/// <remarks>
/// Appends and roll under the partition's append lock; everything else without a lock. Readers see what lies below the visible end,
/// which is published after the bytes and the indexes are in place.
/// </remarks>
internal sealed partial class Segment
{
    private const uint IndexKind = 0x31585348;
    private const uint TimeIndexKind = 0x31545348;
    private const uint AbortedKind = 0x31415348;
    private const int SummaryBytes = 40;

    /// <summary>All but the snapshot.</summary>
    public static readonly string[] SideFileSuffixes = [LogPaths.IndexSuffix, LogPaths.TimeIndexSuffix, LogPaths.AbortedSuffix];

    private readonly IDisk _disk;
    private readonly string _directory;

    // Ends are pairs (offset relative to the base, position) in one word, so that a reader never sees half of a change.
    private long _written;
    private long _visible;

    // Where the last fetch ended: the next one of a reader that keeps up starts there.
    private long _hint;

    private SparseIndex? _index;
    private int _indexUsed;
    private int _bytesSinceIndexEntry;

    public Segment(IDisk disk, string directory, long baseOffset, SegmentFile file, long createdMs)
    {
        _disk = disk;
        _directory = directory;
        BaseOffset = baseOffset;
        File = file;
        CreatedMs = createdMs;
        _index = new SparseIndex();
    }

    public long BaseOffset { get; }

    public SegmentFile File { get; }

    public AbortedIndex Aborted { get; private set; } = new();

    /// <summary>One past the last offset written.</summary>
    public long NextOffset => BaseOffset + (int)(Volatile.Read(ref _written) >> 32);

    public int SizeInBytes => (int)Volatile.Read(ref _written);

    /// <summary>End of what readers may see: offset and position.</summary>
    public (long Offset, int Position) Visible => Unpack(Volatile.Read(ref _visible));

    public (long Offset, int Position) Written => Unpack(Volatile.Read(ref _written));

    /// <summary>Largest of the batches' timestamps, -1 when none has any.</summary>
    public long MaxTimestampMs { get; private set; } = -1;

    /// <summary>Base offset of the first batch that bears <see cref="MaxTimestampMs"/>.</summary>
    public long OffsetOfMaxTimestamp { get; private set; } = -1;

    /// <summary>Largest timestamp of the first batch, -1 when it has none or the segment is empty.</summary>
    public long FirstTimestampMs { get; private set; } = -1;

    public long CreatedMs { get; }

    /// <summary>Producer table at the base offset, to be written beside the segment; null once it is.</summary>
    public byte[]? PendingSnapshot { get; set; }

    /// <summary>Whether the indexes exist in memory only.</summary>
    public bool HasUnsavedIndexes { get; private set; } = true;

    /// <summary>Writes one batch, whose offsets are final, at the end.</summary>
    /// <exception cref="IOException">Nothing was appended; the file was cut back to the previous end, as far as the disk let us.</exception>
    public void Append(ReadOnlySpan<byte> batch, in BatchHeader header, int indexIntervalBytes)
    {
        var position = SizeInBytes;
        try
        {
            File.Handle.Write(batch, position);
        }
        catch
        {
            File.Handle.SetLength(position);
            throw;
        }

        Indexed(header, position, indexIntervalBytes);
    }

    /// <summary>Takes a batch that lies in the file at the written end into indexes and sizes.</summary>
    public void Indexed(in BatchHeader header, int position, int indexIntervalBytes)
    {
        var relative = (int)(header.BaseOffset - BaseOffset);
        if (position == 0) { FirstTimestampMs = header.MaxTimestampMs; }

        if (header.MaxTimestampMs > MaxTimestampMs)
        {
            MaxTimestampMs = header.MaxTimestampMs;
            OffsetOfMaxTimestamp = header.BaseOffset;
        }

        if (_index is { } index && _bytesSinceIndexEntry > Math.Min(indexIntervalBytes, int.MaxValue / 4))
        {
            index.Add(relative, position);
            index.AddTime(MaxTimestampMs, (int)(OffsetOfMaxTimestamp - BaseOffset));
            _bytesSinceIndexEntry = 0;
        }

        _bytesSinceIndexEntry = header.Size + Math.Min(_bytesSinceIndexEntry, int.MaxValue / 2);
        Volatile.Write(ref _written, Pack(header.NextOffset, position + header.Size));
    }

    /// <summary>Lets readers see up to an end that <see cref="Written"/> has been.</summary>
    public void Publish((long Offset, int Position) end) => Volatile.Write(ref _visible, Pack(end.Offset, end.Position));

    /// <summary>Declares the segment to reach up to an offset that no batch in it has, because compaction removed the last ones.</summary>
    public void ExtendTo(long nextOffset) => Volatile.Write(ref _written, Pack(nextOffset, SizeInBytes));

    /// <summary>Walks all batches up to the written end; the file must be acquired until the scanner is disposed.</summary>
    public BatchScanner Scan(bool checkCrc, int position = 0) => new(File.Handle, position, SizeInBytes, checkCrc);

    public string PathOf(string suffix) => LogPaths.File(_directory, BaseOffset, suffix);

    public override string ToString() => $"{BaseOffset}-{NextOffset} ({SizeInBytes} bytes)";

    private long Pack(long offset, int position) => ((offset - BaseOffset) << 32) | (uint)position;

    private (long Offset, int Position) Unpack(long end) => (BaseOffset + (int)(end >> 32), (int)end);

    /// <summary>Writes the indexes of a closed segment and its snapshot beside it; failures leave them to be rebuilt later.</summary>
    public void SaveSideFiles()
    {
        SaveSnapshot();
        if (_index is { } index && HasUnsavedIndexes)
        {
            index.AddTime(MaxTimestampMs, (int)(OffsetOfMaxTimestamp - BaseOffset));
            SideFile.Write(_disk, PathOf(LogPaths.IndexSuffix), IndexKind, index.SaveOffsets());
            SideFile.Write(_disk, PathOf(LogPaths.TimeIndexSuffix), TimeIndexKind, index.SaveTimes());
            SideFile.Write(_disk, PathOf(LogPaths.AbortedSuffix), AbortedKind, [.. Summary(), .. Aborted.Save()]);
            HasUnsavedIndexes = false;
        }
    }

    /// <summary>Writes the snapshot and flushes it: it outlives the batches it was made of, so not all of it can be rebuilt.</summary>
    public void SaveSnapshot()
    {
        if (PendingSnapshot is { } snapshot)
        {
            SideFile.Write(_disk, PathOf(LogPaths.SnapshotSuffix), ProducerSnapshot.Kind, snapshot, flush: true);
            PendingSnapshot = null;
        }
    }

    /// <summary>Takes summary and aborted transactions from the side file when it fits the log file; indexes follow at first use.</summary>
    public bool TryLoadSummary(long fileLength)
    {
        var bytes = SideFile.Read(_disk, PathOf(LogPaths.AbortedSuffix), AbortedKind);
        if (bytes is null || bytes.Length < SummaryBytes
            || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)) != fileLength
            || AbortedIndex.Load(bytes[SummaryBytes..]) is not { } aborted)
        {
            return false;
        }

        _written = Pack(BinaryPrimitives.ReadInt64LittleEndian(bytes), (int)fileLength);
        MaxTimestampMs = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16));
        OffsetOfMaxTimestamp = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24));
        FirstTimestampMs = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32));
        Aborted = aborted;
        _index = null;
        HasUnsavedIndexes = false;
        return true;
    }

    /// <summary>Makes a segment with loaded indexes one that is appended to.</summary>
    public void Reopen()
    {
        _index = Index();
        _bytesSinceIndexEntry = int.MaxValue / 2;
        HasUnsavedIndexes = true;
    }

    /// <summary>What the side file says about the log file's length, or null when there is no sound side file.</summary>
    public static long? RecordedLength(IDisk disk, string directory, long baseOffset) =>
        SideFile.Read(disk, LogPaths.File(directory, baseOffset, LogPaths.AbortedSuffix), AbortedKind) is { Length: >= SummaryBytes } bytes
            ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8))
            : null;

    /// <summary>Frees the indexes of a closed segment that nobody has looked up since the last call.</summary>
    public void DropIdleIndexes()
    {
        if (Interlocked.Exchange(ref _indexUsed, 0) == 0 && !HasUnsavedIndexes) { Volatile.Write(ref _index, null); }
    }

    /// <summary>Retires the files: readers that hold them read on, the names are deleted.</summary>
    /// <param name="keepSnapshot">Producer state as of the base offset stays true whatever becomes of the segment.</param>
    public void Delete(bool keepSnapshot = false)
    {
        File.Retire();
        _disk.DeleteFile(File.Path);
        foreach (var suffix in SideFileSuffixes) { _disk.DeleteFile(PathOf(suffix)); }

        if (!keepSnapshot) { _disk.DeleteFile(PathOf(LogPaths.SnapshotSuffix)); }
    }

    private byte[] Summary()
    {
        var bytes = new byte[SummaryBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, NextOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), SizeInBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), MaxTimestampMs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), OffsetOfMaxTimestamp);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), FirstTimestampMs);
        return bytes;
    }

    private SparseIndex Index()
    {
        Volatile.Write(ref _indexUsed, 1);
        if (Volatile.Read(ref _index) is { } loaded) { return loaded; }

        var index = SparseIndex.Load(
            SideFile.Read(_disk, PathOf(LogPaths.IndexSuffix), IndexKind), SideFile.Read(_disk, PathOf(LogPaths.TimeIndexSuffix), TimeIndexKind));
        Volatile.Write(ref _index, index ??= Rebuild());
        return index;
    }

    /// <summary>Reads the headers of a closed segment whose index files are gone or damaged.</summary>
    private SparseIndex Rebuild()
    {
        var index = new SparseIndex();
        using var scanner = Scan(checkCrc: false);
        var (sinceEntry, maxTimestamp, offsetOfMax) = (0, -1L, BaseOffset);
        while (scanner.MoveNext())
        {
            if (scanner.Header.MaxTimestampMs > maxTimestamp)
            {
                (maxTimestamp, offsetOfMax) = (scanner.Header.MaxTimestampMs, scanner.Header.BaseOffset);
            }

            if (sinceEntry > 4096)
            {
                index.Add((int)(scanner.Header.BaseOffset - BaseOffset), (int)scanner.Position);
                index.AddTime(maxTimestamp, (int)(offsetOfMax - BaseOffset));
                sinceEntry = 0;
            }

            sinceEntry += scanner.Header.Size;
        }

        return index;
    }
}
