namespace HsStream.Training.Datasets.Import;

/// <summary>Turns a file, compressed or not, in UTF-8 or UTF-16, into a stream of UTF-8 bytes without a byte order mark.</summary>
internal static class SourceStream
{
    /// <summary>Takes over <paramref name="stream"/>; it need not be seekable.</summary>
    /// <exception cref="ImportException">The text is UTF-32.</exception>
    public static Stream Open(Stream stream)
    {
        var source = new PeekStream(stream);
        if (source.Peek(2) is [0x1F, 0x8B]) { source = new PeekStream(new GzipSource(source)); }

        ReadOnlySpan<byte> mark;
        try
        {
            mark = source.Peek(4);
        }
        catch (InvalidDataException)
        {
            return source;       // the reader of the rows reports the damage where it meets it
        }

        switch (mark)
        {
            case [0xFF, 0xFE, 0, 0] or [0, 0, 0xFE, 0xFF]:
                source.Dispose();
                throw new ImportException("The text is UTF-32; expected UTF-8, or UTF-16 with a byte order mark.");
            case [0xEF, 0xBB, 0xBF, ..]:
                source.Skip(3);
                return source;
            case [0xFF, 0xFE, ..]:
                source.Skip(2);
                return new Utf16Stream(source, isBigEndian: false);
            case [0xFE, 0xFF, ..]:
                source.Skip(2);
                return new Utf16Stream(source, isBigEndian: true);
            default:
                return source;
        }
    }
}

/// <summary>A stream whose next few bytes can be looked at before they are read.</summary>
internal sealed class PeekStream(Stream inner) : ReadOnlyStream
{
    private readonly byte[] _ahead = new byte[8];
    private int _start;
    private int _end;

    /// <summary>At most 8; fewer where the stream ends.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (_end - _start < count)
        {
            var read = inner.Read(_ahead.AsSpan(_end));
            if (read == 0) { break; }
            _end += read;
        }

        return _ahead.AsSpan(_start, Math.Min(count, _end - _start));
    }

    public void Skip(int count) => _start += count;

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end) { return inner.Read(buffer); }
        var count = Math.Min(buffer.Length, _end - _start);
        _ahead.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); }
        base.Dispose(disposing);
    }
}
