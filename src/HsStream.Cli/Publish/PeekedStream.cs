using System.Text;

namespace HsStream.Cli.Publish;

/// <summary>A stream whose first bytes have been looked at; they are read again with the rest.</summary>
internal sealed class PeekedStream : Stream
{
    private const int MostBytes = 16 * 1024;
    private static readonly string[] ColumnNames = ["description", "goodsdescription", "productdescription", "itemdescription", "commoditydescription", "descriptionofgoods", "text", "goods"];

    private readonly Stream _stream;
    private ReadOnlyMemory<byte> _first;

    private PeekedStream(Stream stream, ReadOnlyMemory<byte> first) => (_stream, _first, LooksLikeTable) = (stream, first, IsTable(first.Span));

    /// <summary>JSON, a packed file, UTF-16, or a first line that names a column of descriptions beside others.</summary>
    public bool LooksLikeTable { get; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Reads up to the end of the first line, or until the stream pauses for longer lines than anybody writes.</summary>
    public static PeekedStream Over(Stream stream)
    {
        var first = new byte[MostBytes];
        var length = 0;
        while (length < MostBytes && !first.AsSpan(0, length).Contains((byte)'\n') && stream.Read(first, length, MostBytes - length) is var read and > 0) { length += read; }
        return new PeekedStream(stream, first.AsMemory(0, length));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_first.IsEmpty) { return _stream.Read(buffer); }
        var count = Math.Min(buffer.Length, _first.Length);
        _first.Span[..count].CopyTo(buffer);
        _first = _first[count..];
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _stream.Dispose(); }
        base.Dispose(disposing);
    }

    private static bool IsTable(ReadOnlySpan<byte> first)
    {
        if (first is [0x1F, 0x8B, ..] or [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..]) { return true; }
        if (first.StartsWith(Encoding.UTF8.Preamble)) { first = first[Encoding.UTF8.Preamble.Length..]; }
        var end = first.IndexOf((byte)'\n');
        var line = Encoding.UTF8.GetString(end < 0 ? first : first[..end]).Trim();
        if (line is ['{', .., '}'] or ['[', .., ']']) { return true; }
        var columns = line.Split(',', ';', '\t', '|');
        return columns.Length > 1 && columns.Any(column => ColumnNames.Contains(string.Concat(column.Where(char.IsLetterOrDigit)).ToLowerInvariant()));
    }
}
