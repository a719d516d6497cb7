using System.Buffers.Binary;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>The append-only file behind the catalog: records framed by length and CRC-32C, each durable before the next is written.</summary>
/// <remarks>
/// A crash can tear only the last record, which nobody has seen then: it is cut off. Any sound record behind an unsound one means
/// damage, and the file is refused. Not thread-safe.
/// </remarks>
internal sealed class CatalogFile : IDisposable
{
    public const string Name = "catalog.log";
    private const string TemporaryName = "catalog.log.new";
    private const int FrameBytes = 8;
    private const int MaxRecordBytes = 16 * 1024 * 1024;
    private const int MaxFileBytes = 1024 * 1024 * 1024;

    private readonly IDiskFile _file;
    private long _end;
    private string? _broken;

    private CatalogFile(IDiskFile file, long end)
    {
        _file = file;
        _end = end;
    }

    /// <summary>A record may or may not be in the file; nothing more can be written.</summary>
    public bool IsBroken => _broken is not null;

    /// <summary>Reads the file, or begins one, and rewrites it without what is superseded.</summary>
    /// <exception cref="CatalogException">The file is damaged or of a newer format.</exception>
    public static (CatalogFile File, CatalogState State) Open(IDisk disk, string directory)
    {
        var path = Path.Combine(directory, Name);
        var state = new CatalogState();
        byte[] bytes = [];
        if (disk.FileExists(path))
        {
            bytes = ReadWhole(disk, path);
            Replay(bytes, state);
        }
        else
        {
            state.Apply(new CatalogEntry { Kind = CatalogEntryKind.Header, FormatVersion = CatalogState.FormatVersion, Id = TopicId.New() });
        }

        byte[] compact = [.. state.ToEntries().SelectMany(Encode)];
        if (!bytes.AsSpan().SequenceEqual(compact)) { Replace(disk, directory, compact); }

        return (new CatalogFile(disk.OpenOrCreate(path), compact.Length), state);
    }

    /// <summary>Adds the records of a file's bytes to a state; a torn last record is left out.</summary>
    /// <exception cref="CatalogException">The bytes are damaged or of a newer format.</exception>
    public static void Replay(ReadOnlyMemory<byte> bytes, CatalogState state)
    {
        var position = 0;
        while (TryReadFrame(bytes.Span, position, out var length))
        {
            state.Apply(Decode(bytes.Slice(position + FrameBytes, length)));
            position += FrameBytes + length;
        }

        for (var later = position + 1; later < bytes.Length - FrameBytes; later++)
        {
            if (TryReadFrame(bytes.Span, later, out _))
            {
                throw new CatalogException($"The catalog is damaged: the record at byte {position} is unsound but the one at byte {later} is not.");
            }
        }

        if (state.ClusterId == Guid.Empty) { throw new CatalogException("The catalog is damaged: it has no header."); }
    }

    /// <summary>Writes a record; it is durable when this returns.</summary>
    /// <exception cref="IOException">
    /// The disk failed, and the record is absent, unless a flush failed: then it may be there after a restart, and nothing more is
    /// written before one, for the system may have dropped what it could not write.
    /// </exception>
    public void Append(CatalogEntry entry)
    {
        if (_broken is not null) { throw new IOException(_broken); }

        var frame = Encode(entry);
        try
        {
            _file.Write(frame, _end);
        }
        catch (IOException)
        {
            CutBack();
            throw;
        }

        try
        {
            _file.Flush();
        }
        catch (IOException e)
        {
            _broken = $"The catalog could not be flushed before: {e.Message}";
            throw;
        }

        _end += frame.Length;
    }

    public void Dispose() => _file.Dispose();

    public static byte[] Encode(CatalogEntry entry)
    {
        using var writer = new WireWriter();
        writer.Begin(0, flexible: true);
        entry.Visit(writer);
        writer.Tags();
        var payload = writer.Written.Span;
        var frame = new byte[FrameBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), Crc32C.Compute(payload));
        payload.CopyTo(frame.AsSpan(FrameBytes));
        return frame;
    }

    private static CatalogEntry Decode(ReadOnlyMemory<byte> payload)
    {
        try
        {
            var reader = new WireReader(payload.ToArray());
            reader.Begin(0, flexible: true);
            var entry = new CatalogEntry();
            entry.Visit(reader);
            reader.Tags();
            return reader.Remaining == 0 ? entry : throw new ProtocolException($"{reader.Remaining} bytes are left over.");
        }
        catch (ProtocolException e)
        {
            throw new CatalogException($"The catalog is damaged: {e.Message}", e);
        }
    }

    private static bool TryReadFrame(ReadOnlySpan<byte> bytes, int position, out int length)
    {
        length = 0;
        if (bytes.Length - position < FrameBytes) { return false; }

        length = BinaryPrimitives.ReadInt32BigEndian(bytes[position..]);
        return length is > 0 and <= MaxRecordBytes && length <= bytes.Length - position - FrameBytes
            && Crc32C.Compute(bytes.Slice(position + FrameBytes, length)) == BinaryPrimitives.ReadUInt32BigEndian(bytes[(position + 4)..]);
    }

    private static byte[] ReadWhole(IDisk disk, string path)
    {
        using var file = disk.OpenRead(path);
        if (file.Length > MaxFileBytes) { throw new CatalogException($"The catalog is damaged: it has {file.Length} bytes."); }

        var bytes = new byte[file.Length];
        for (var read = 0; read < bytes.Length;)
        {
            var more = file.Read(bytes.AsSpan(read), read);
            read += more > 0 ? more : throw new IOException($"The catalog ended at byte {read} of {bytes.Length}.");
        }

        return bytes;
    }

    private static void Replace(IDisk disk, string directory, byte[] bytes)
    {
        var temporary = Path.Combine(directory, TemporaryName);
        using (var file = disk.OpenOrCreate(temporary))
        {
            file.SetLength(0);
            file.Write(bytes, 0);
            file.Flush();
        }

        disk.Rename(temporary, Path.Combine(directory, Name));
        disk.FlushDirectory(directory);
    }

    private void CutBack()
    {
        try
        {
            _file.SetLength(_end);
            _file.Flush();
        }
        catch (IOException e)
        {
            _broken = $"The catalog could not be cut back after a failed write: {e.Message}";
        }
    }
}
