using System.Buffers.Binary;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Finding batches in a segment: index first, then a short walk over headers. The file must be acquired.</summary>
internal sealed partial class Segment
{
    private const int HeaderPart = BatchLayout.LastOffsetDelta + sizeof(int);

    /// <summary>Position of the first batch that reaches <paramref name="offset"/>; <paramref name="end"/>'s position when none below it does.</summary>
    public int PositionOf(long offset, (long Offset, int Position) end)
    {
        if (offset <= BaseOffset) { return 0; }

        if (offset >= end.Offset) { return end.Position; }

        var hint = Unpack(Volatile.Read(ref _hint));
        return hint.Offset == offset
            ? hint.Position
            : Walk(Index().FloorByOffset((int)(offset - BaseOffset)), end.Position, offset, int.MaxValue).Position;
    }

    /// <summary>End of the whole batches that start at <paramref name="position"/>, lie below <paramref name="end"/> and fit in the bytes.</summary>
    /// <param name="atLeastOne">Takes the first batch even when it does not fit.</param>
    /// <returns>The position, and an offset that lies behind the last batch and not behind the next one.</returns>
    public (int Position, long Offset) EndOf(int position, (long Offset, int Position) end, int maxBytes, bool atLeastOne)
    {
        if (end.Position - position <= maxBytes)
        {
            Volatile.Write(ref _hint, Pack(end.Offset, end.Position));
            return (end.Position, end.Offset);
        }

        var bound = (int)Math.Min(int.MaxValue, (long)position + Math.Max(maxBytes, 0));
        var (stop, next) = Walk(Math.Max(position, Index().FloorByPosition(bound)), end.Position, long.MaxValue, bound);
        if (stop == position && atLeastOne)
        {
            (stop, next) = Walk(position, end.Position, long.MaxValue, position + SizeAt(position));
        }

        if (next < 0) { return (end.Position, end.Offset); }

        if (stop > position) { Volatile.Write(ref _hint, Pack(next, stop)); }

        return (stop, next);
    }

    public int FloorByTime(long timestampMs, (long Offset, int Position) end) =>
        PositionOf(BaseOffset + Index().FloorByTime(timestampMs), end);

    private int SizeAt(int position)
    {
        Span<byte> header = stackalloc byte[BatchLayout.LengthOverhead];
        ReadFully(header, position);
        return BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.BatchLength..]) + BatchLayout.LengthOverhead;
    }

    /// <summary>Walks to the first batch that reaches <paramref name="offset"/> or ends beyond <paramref name="maxPosition"/>.</summary>
    /// <returns>Its position and base offset; the end and -1 when there is none.</returns>
    private (int Position, long BaseOffset) Walk(int position, int end, long offset, int maxPosition)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var (start, length) = (0, 0);
        while (position < end)
        {
            if (position < start || position + HeaderPart > start + length)
            {
                start = position;
                length = File.Handle.Read(buffer[..Math.Min(buffer.Length, end - position)], position);
                if (length < HeaderPart) { throw new IOException($"Expected a batch at position {position} of {File.Path}, found {length} bytes."); }
            }

            var header = buffer[(position - start)..];
            var size = BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.BatchLength..]) + BatchLayout.LengthOverhead;
            var baseOffset = BinaryPrimitives.ReadInt64BigEndian(header);
            if (size < BatchLayout.Records) { throw new IOException($"Expected a batch at position {position} of {File.Path}, found a length of {size}."); }

            if (baseOffset + BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.LastOffsetDelta..]) >= offset || (long)position + size > maxPosition)
            {
                return (position, baseOffset);
            }

            position += size;
        }

        return (end, -1);
    }

    private void ReadFully(Span<byte> destination, int position)
    {
        var read = File.Handle.Read(destination, position);
        if (read < destination.Length) { throw new IOException($"Expected {destination.Length} bytes at position {position} of {File.Path}, got {read}."); }
    }
}
