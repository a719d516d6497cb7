namespace HsStream.Training.Datasets.Import;

/// <summary>The bytes of a stream from the start of the current row on, so that a row can be read again when it was misread.</summary>
/// <param name="maxBytes">No row is looked at further than this; bounds the memory.</param>
internal sealed class RowWindow(Stream stream, int maxBytes) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private byte[] _buffer = new byte[2 * ChunkBytes];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>Number of the line that the window starts in, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>LF, which ends CR LF too; CR in a file that has nothing else.</summary>
    public byte LineBreak { get; private set; } = (byte)'\n';

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Set once the stream turned out to be damaged; what came before it can be read.</summary>
    public string? Damage { get; private set; }

    /// <summary>The window is full and the stream goes on.</summary>
    public bool IsFull => _end - _start >= maxBytes && !_isAtEnd;

    /// <summary>Looks at the file's beginning before any row is read.</summary>
    public void LookAhead()
    {
        while (Bytes.Length < ChunkBytes && Fill()) { }
        var first = Bytes.IndexOf((byte)'\r');
        if (first >= 0 && first + 1 < Bytes.Length && !Bytes.Contains((byte)'\n')) { LineBreak = (byte)'\r'; }
    }

    /// <summary>Adds bytes behind those that are there.</summary>
    /// <returns>False at the end of the stream, or when the window is full.</returns>
    public bool Fill()
    {
        if (_isAtEnd || _end - _start >= maxBytes) { return false; }
        if (_buffer.Length - _end < ChunkBytes)
        {
            if (_start >= ChunkBytes)
            {
                Bytes.CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            else
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }

        var read = 0;
        try
        {
            read = stream.Read(_buffer.AsSpan(_end, ChunkBytes));
        }
        catch (InvalidDataException e)
        {
            Damage = e.Message.TrimEnd('.');
        }

        _isAtEnd = read == 0;
        _end += read;
        return read > 0;
    }

    /// <summary>Bytes up to the first line break, without it; null when the window is full before one came.</summary>
    public int? FindLineEnd(int from = 0)
    {
        while (true)
        {
            var found = Bytes[from..].IndexOf(LineBreak);
            if (found >= 0) { return from + found; }
            from = Bytes.Length;
            if (!Fill()) { return IsFull ? null : Bytes.Length; }
        }
    }

    public void Consume(int count)
    {
        Line += Bytes[..count].Count(LineBreak);
        _start += count;
    }

    /// <summary>Leaves the current line behind, however long it is.</summary>
    public void SkipLine()
    {
        int? end;
        while ((end = FindLineEnd()) is null) { Consume(Bytes.Length); }
        Consume(Math.Min(end.Value + 1, Bytes.Length));
    }

    public void Dispose() => stream.Dispose();
}
