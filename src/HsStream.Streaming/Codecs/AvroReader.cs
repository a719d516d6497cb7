using System.Buffers.Binary;
using System.Text;

namespace HsStream.Streaming.Codecs;

/// <summary>Reads Avro's binary encoding from bytes that nobody vouches for: every length is checked against what is left.</summary>
/// <exception cref="AvroFormatException">Thrown by every method: the bytes are not that.</exception>
internal ref struct AvroReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    public readonly int Left => _bytes.Length - _at;

    public readonly int Position => _at;

    public int ReadInt()
    {
        var value = ReadLong();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new AvroFormatException($"expected an int at byte {_at}, got {value}");
    }

    public long ReadLong()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = ReadByte();
            if (shift == 63 && next > 1) { break; }
            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0) { return (long)(value >> 1) ^ -(long)(value & 1); }
        }

        throw new AvroFormatException($"expected a number of at most 10 bytes before byte {_at}");
    }

    public byte ReadByte() => _at < _bytes.Length ? _bytes[_at++] : throw Ended(1);

    public bool ReadBoolean() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var other => throw new AvroFormatException($"expected a boolean at byte {_at - 1}, got {other}"),
    };

    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    /// <summary>Of a string or of bytes; the span is good as long as the input is.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadLong();
        return length >= 0 && length <= Left ? Take((int)length) : throw new AvroFormatException($"expected a length of 0 to {Left} before byte {_at}, got {length}");
    }

    public string ReadString()
    {
        var utf8 = ReadBytes();
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new AvroFormatException($"expected UTF-8 before byte {_at}");
        }
    }

    /// <summary>Of the union ["null", "string"].</summary>
    public string? ReadOptional() => ReadBranch(2) == 0 ? null : ReadString();

    /// <summary>The index of a union's branch or of an enum's symbol.</summary>
    public int ReadBranch(int count)
    {
        var branch = ReadLong();
        return branch >= 0 && branch < count ? (int)branch : throw new AvroFormatException($"expected a choice of 0 to {count - 1} before byte {_at}, got {branch}");
    }

    /// <summary>Number of items in the next block of an array or map; 0 ends it.</summary>
    /// <param name="minItemBytes">Least that one item takes; bounds the count by what is left.</param>
    public int ReadBlock(int minItemBytes)
    {
        var count = ReadLong();
        if (count < 0)
        {
            if (count == long.MinValue) { throw new AvroFormatException($"expected a count before byte {_at}, got {count}"); }
            count = -count;
            var size = ReadLong();
            if (size < 0 || size > Left) { throw new AvroFormatException($"expected a block of 0 to {Left} bytes before byte {_at}, got {size}"); }
        }

        return count <= Left / Math.Max(1, minItemBytes) ? (int)count
            : throw new AvroFormatException($"expected at most {Left / Math.Max(1, minItemBytes)} items before byte {_at}, got {count}");
    }

    /// <summary>An array of strings.</summary>
    /// <exception cref="RecordException">One is longer than it may be.</exception>
    public string[] ReadList(string field, int maxLength)
    {
        string[] items = [];
        while (ReadBlock(1) is var count and > 0)
        {
            var first = items.Length;
            Array.Resize(ref items, first + count);
            for (var i = first; i < items.Length; i++) { items[i] = FieldRules.Text(field, ReadString(), maxLength); }
        }

        return items;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left) { throw Ended(count); }
        var span = _bytes.Slice(_at, count);
        _at += count;
        return span;
    }

    private readonly AvroFormatException Ended(int count) => new($"expected {count} more bytes after byte {_at}, got {Left}");
}
