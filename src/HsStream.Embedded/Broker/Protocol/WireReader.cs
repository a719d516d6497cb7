using System.Buffers.Binary;
using System.Text;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Protocol;

/// <summary>Reads messages from one frame, trusting nothing in it.</summary>
/// <param name="frame">Without the length prefix. Records stay slices of it, for the frame's lifetime; all else is copied.</param>
/// <param name="maxElements">Array elements allowed in the whole frame: bounds the objects a hostile frame can make us create.</param>
internal sealed class WireReader(Memory<byte> frame, int maxElements = WireReader.DefaultMaxElements) : Wire
{
    public const int DefaultMaxElements = 500_000;
    private const int MaxStringBytes = 32 * 1024;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private int _position;
    private int _elementsLeft = maxElements;

    public override bool Reading => true;

    public int Remaining => frame.Length - _position;

    /// <summary>Reads what follows as messages of this version.</summary>
    public void Begin(short version, bool flexible)
    {
        Version = version;
        Flexible = flexible;
    }

    public override void Bool(ref bool value) => value = Take(1)[0] != 0;

    public override void Int8(ref sbyte value) => value = (sbyte)Take(1)[0];

    public override void Int16(ref short value) => value = BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public override void Int32(ref int value) => value = BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public override void Int64(ref long value) => value = BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public override void Uuid(ref Guid value) => value = new Guid(Take(16), bigEndian: true);

    public override void NullableString(ref string? value)
    {
        var length = Flexible ? CompactLength() : Int16Length();
        if (length > MaxStringBytes) { throw new ProtocolException($"Expected a string of at most {MaxStringBytes} bytes, got {length}."); }
        value = length < 0 ? null : Decode(Take(length));
    }

    /// <summary>The client id of a request header: never compact, whatever the header's version.</summary>
    public string? ClassicNullableString()
    {
        var length = Int16Length();
        return length < 0 ? null : Decode(Take(length));
    }

    public override void NullableBytes(ref ReadOnlyMemory<byte>? value) => value = Slice()?.ToArray();

    public override void NullableRecords(ref RecordSet? value) => value = Slice() is { } bytes ? new MemoryRecords(bytes) : null;

    public override void Tags()
    {
        if (!Flexible) { return; }
        for (var left = UnsignedVarint(); left > 0; left--)
        {
            UnsignedVarint();
            Take(checked((int)Math.Min(UnsignedVarint(), int.MaxValue)));
        }
    }

    protected override void ArrayLength(ref int count)
    {
        if (Flexible) { count = CompactLength(); } else { Int32(ref count); }
        if (count < -1 || count > Remaining) { throw new ProtocolException($"Expected an array that fits the {Remaining} bytes left, got {count} elements."); }
        _elementsLeft -= Math.Max(0, count);
        if (_elementsLeft < 0) { throw new ProtocolException($"Expected fewer array elements in a request: it names {-_elementsLeft} beyond the limit."); }
    }

    private Memory<byte>? Slice()
    {
        var length = 0;
        if (Flexible) { length = CompactLength(); } else { Int32(ref length); }
        if (length < -1) { throw new ProtocolException($"Expected a byte count, got {length}."); }
        if (length < 0) { return null; }
        Take(length);
        return frame.Slice(_position - length, length);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining) { throw new ProtocolException($"Expected {count} more bytes, got {Remaining}."); }
        _position += count;
        return frame.Span.Slice(_position - count, count);
    }

    private int Int16Length()
    {
        short length = 0;
        Int16(ref length);
        return length >= -1 ? length : throw new ProtocolException($"Expected a string length, got {length}.");
    }

    private int CompactLength()
    {
        var length = UnsignedVarint();
        return length <= int.MaxValue ? (int)length - 1 : throw new ProtocolException($"Expected a length, got {length}.");
    }

    private uint UnsignedVarint()
    {
        var result = 0u;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var part = Take(1)[0];
            if (shift == 28 && part > 0x0F) { break; }
            result |= (uint)(part & 0x7F) << shift;
            if (part < 0x80) { return result; }
        }

        throw new ProtocolException("Expected a varint of at most 5 bytes and 32 bits.");
    }

    private static string Decode(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolException("Expected UTF-8 text, got other bytes.");
        }
    }
}
