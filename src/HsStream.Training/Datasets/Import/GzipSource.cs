using System.IO.Compression;

namespace HsStream.Training.Datasets.Import;

/// <summary>Decompresses gzip and notices data that breaks off, which <see cref="GZipStream"/> takes for a good end.</summary>
/// <remarks>
/// A small member of our own is put behind the data. Where the data is whole, that member comes out at the end; where it breaks off,
/// the member is taken for more of the data and does not. What comes out once our member is being read is never handed on.
/// </remarks>
internal sealed class GzipSource : ReadOnlyStream
{
    private static readonly byte[] Mark = [.. "the end of the data"u8];
    private static readonly byte[] MarkMember = Compress(Mark);

    private readonly Raw _raw;
    private readonly GZipStream _inflated;
    private bool _isAtEnd;

    public GzipSource(Stream compressed)
    {
        _raw = new Raw(compressed);
        _inflated = new GZipStream(_raw, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The data is damaged or breaks off; all of it up to there has been handed out.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _isAtEnd) { return 0; }
        try
        {
            var read = _inflated.Read(buffer);
            if (!_raw.IsPastEnd && read > 0) { return read; }
            _isAtEnd = true;
            return IsMark(buffer[..read]) ? 0 : throw new InvalidDataException("the compressed data breaks off");
        }
        catch (InvalidDataException e)
        {
            _isAtEnd = true;
            throw new InvalidDataException(_raw.IsPastEnd ? "the compressed data breaks off" : "the compressed data is damaged", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _inflated.Dispose(); }
        base.Dispose(disposing);
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) { gzip.Write(bytes); }
        return packed.ToArray();
    }

    /// <summary>True when what is left, of which some has been read already, is the mark and nothing else.</summary>
    private bool IsMark(ReadOnlySpan<byte> begun)
    {
        if (begun.Length > Mark.Length) { return false; }
        var rest = new byte[Mark.Length + 1];
        begun.CopyTo(rest);
        var count = begun.Length + _inflated.ReadAtLeast(rest.AsSpan(begun.Length), rest.Length - begun.Length, throwOnEndOfStream: false);
        return rest.AsSpan(0, count).SequenceEqual(Mark);
    }

    /// <summary>The compressed bytes, and ours behind them in a read of their own.</summary>
    private sealed class Raw(Stream inner) : ReadOnlyStream
    {
        private int _marked;

        public bool IsPastEnd { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            if (!IsPastEnd)
            {
                var read = inner.Read(buffer);
                if (read > 0) { return read; }
                IsPastEnd = true;
            }

            var count = Math.Min(buffer.Length, MarkMember.Length - _marked);
            MarkMember.AsSpan(_marked, count).CopyTo(buffer);
            _marked += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) { inner.Dispose(); }
            base.Dispose(disposing);
        }
    }
}
