using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace HsStream.Training.Export;

/// <summary>Writes fields in the Protocol Buffers wire format, which is all that an ONNX file is.</summary>
/// <remarks>Format: protobuf.dev, "Encoding". Nested messages are written by a delegate into a buffer of their own, so that their length is known.</remarks>
internal sealed class ProtoWriter
{
    private const int Varint = 0;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;
    private readonly ArrayBufferWriter<byte> _written = new();

    public byte[] ToArray() => _written.WrittenSpan.ToArray();

    public void Int64(int field, long value)
    {
        Tag(field, Varint);
        WriteVarint((ulong)value);
    }

    public void Single(int field, float value)
    {
        Tag(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_written.GetSpan(4), value);
        _written.Advance(4);
    }

    public void String(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthDelimited);
        WriteVarint((ulong)value.Length);
        _written.Write(value);
    }

    /// <summary>Repeated int64 in one field, as proto3 packs them.</summary>
    public void Packed(int field, IEnumerable<long> values)
    {
        var inner = new ProtoWriter();
        foreach (var value in values) { inner.WriteVarint((ulong)value); }
        Nested(field, inner);
    }

    public void Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        Nested(field, inner);
    }

    private void Nested(int field, ProtoWriter inner) => Bytes(field, inner._written.WrittenSpan);

    private void Tag(int field, int wireType) => WriteVarint((ulong)((field << 3) | wireType));

    private void WriteVarint(ulong value)
    {
        var bytes = _written.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) { bytes[length++] = (byte)(value | 0x80); }
        bytes[length++] = (byte)value;
        _written.Advance(length);
    }
}
