using System.Buffers;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Walks the batches of a segment file in order. Not thread-safe.</summary>
/// <remarks>
/// <see cref="MoveNext"/> returns false at the end of the range and at the first batch that is not sound; <see cref="Problem"/> tells which.
/// </remarks>
internal sealed class BatchScanner : IDisposable
{
    private readonly IDiskFile _file;
    private readonly long _end;
    private readonly bool _checkCrc;
    private byte[] _buffer;
    private long _bufferStart;
    private int _bufferLength;

    /// <param name="checkCrc">Reads every byte and checks the CRC; else only headers are read.</param>
    /// <param name="end">Position where to stop; at most the file's length.</param>
    public BatchScanner(IDiskFile file, long position, long end, bool checkCrc)
    {
        _file = file;
        _end = end;
        _checkCrc = checkCrc;
        _buffer = ArrayPool<byte>.Shared.Rent(checkCrc ? 256 * 1024 : 16 * 1024);
        NextPosition = position;
    }

    public BatchHeader Header { get; private set; }

    /// <summary>Of the current batch.</summary>
    public long Position { get; private set; }

    /// <summary>Where the next batch should start; where the problem lies when there is one.</summary>
    public long NextPosition { get; private set; }

    /// <summary>What is wrong with the bytes at <see cref="NextPosition"/>, or null.</summary>
    public string? Problem { get; private set; }

    public bool MoveNext()
    {
        var left = _end - NextPosition;
        if (left <= 0 || Problem is not null) { return false; }

        if (left < BatchLayout.Records)
        {
            Problem = $"expected a batch header of {BatchLayout.Records} bytes, found {left} bytes";
            return false;
        }

        var header = BatchHeader.Read(Window(NextPosition, BatchLayout.Records));
        Problem = Check(header, left);
        if (Problem is not null) { return false; }

        Header = header;
        Position = NextPosition;
        NextPosition += header.Size;
        return true;
    }

    /// <summary>The whole current batch; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Batch()
    {
        Window(Position, Header.Size);
        return _buffer.AsMemory((int)(Position - _bufferStart), Header.Size);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private string? Check(in BatchHeader header, long left)
    {
        if (header.Magic != BatchLayout.CurrentMagic) { return $"expected format version {BatchLayout.CurrentMagic}, found {header.Magic}"; }

        if (header.Size < BatchLayout.Records || header.Size > left)
        {
            return $"expected a batch of {BatchLayout.Records} to {left} bytes, found a length of {header.Size}";
        }

        if (header.LastOffsetDelta < 0 || header.RecordCount < 0 || header.BaseOffset < 0)
        {
            return $"expected offsets from 0 on, found base {header.BaseOffset}, last delta {header.LastOffsetDelta}, count {header.RecordCount}";
        }

        if (!_checkCrc) { return null; }

        var crc = ChecksumOf(header.Size);
        return crc == header.Crc ? null : $"expected CRC {header.Crc:x8}, computed {crc:x8}";
    }

    private uint ChecksumOf(int size)
    {
        var position = NextPosition + BatchLayout.Attributes;
        var end = NextPosition + size;
        var crc = Crc32C.Start;
        while (position < end)
        {
            var part = Window(position, (int)Math.Min(end - position, 64 * 1024));
            crc = Crc32C.Continue(crc, part);
            position += part.Length;
        }

        return Crc32C.Finish(crc);
    }

    /// <summary>Bytes of the file from <paramref name="position"/> on, read ahead as far as the buffer goes.</summary>
    private ReadOnlySpan<byte> Window(long position, int length)
    {
        if (position < _bufferStart || position + length > _bufferStart + _bufferLength)
        {
            if (length > _buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(length);
            }

            _bufferStart = position;
            _bufferLength = _file.Read(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, _end - position)), position);
            if (_bufferLength < length)
            {
                throw new IOException($"Expected {length} bytes at position {position}, the file has {_bufferLength}.");
            }
        }

        return _buffer.AsSpan((int)(position - _bufferStart), length);
    }
}
