using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Protocol;

/// <summary>Writes messages into a pooled buffer that grows; give it back by <see cref="Dispose"/> after the bytes are sent.</summary>
internal sealed class WireWriter : Wire, IDisposable
{
    private byte[] _buffer;
    private int _length;

    public WireWriter(int sizeHint = 512)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);
    }

    public override bool Reading => false;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Begin(short version, bool flexible)
    {
        Version = version;
        Flexible = flexible;
    }

    public override void Bool(ref bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    public override void Int8(ref sbyte value) => Reserve(1)[0] = (byte)value;

    public override void Int16(ref short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    public override void Int32(ref int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public override void Int64(ref long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public override void Uuid(ref Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public override void NullableString(ref string? value)
    {
        var length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        if (length > short.MaxValue) { throw new ArgumentException($"Expected a string of at most {short.MaxValue} bytes, got {length}."); }
        if (Flexible) { UnsignedVarint((uint)(length + 1)); } else { Put((short)length); }
        if (length > 0) { Encoding.UTF8.GetBytes(value, Reserve(length)); }
    }

    public override void NullableBytes(ref ReadOnlyMemory<byte>? value)
    {
        BytesLength(value?.Length ?? -1);
        if (value is { } bytes) { bytes.Span.CopyTo(Reserve(bytes.Length)); }
    }

    public override void NullableRecords(ref RecordSet? value)
    {
        BytesLength(value?.Length ?? -1);
        if (value is { Length: > 0 }) { value.CopyTo(Reserve(value.Length)); }
    }

    public override void Tags()
    {
        if (Flexible) { Reserve(1)[0] = 0; }
    }

    public void Put(short value) => Int16(ref value);

    public void Put(int value) => Int32(ref value);

    /// <summary>The client id of a request header: never compact, whatever the header's version.</summary>
    public void ClassicNullableString(string? value)
    {
        var flexible = Flexible;
        Flexible = false;
        NullableString(ref value);
        Flexible = flexible;
    }

    /// <summary>Overwrites four bytes already written: a length that is known only at the end.</summary>
    public void PatchInt32(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position, 4), value);

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0) { ArrayPool<byte>.Shared.Return(buffer); }
    }

    protected override void ArrayLength(ref int count)
    {
        if (Flexible) { UnsignedVarint((uint)(count + 1)); } else { Int32(ref count); }
    }

    private void BytesLength(int length)
    {
        if (Flexible) { UnsignedVarint((uint)(length + 1)); } else { Put(length); }
    }

    private void UnsignedVarint(uint value)
    {
        while (value >= 0x80)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    private Span<byte> Reserve(int count)
    {
        var needed = checked(_length + count);
        if (needed > _buffer.Length)
        {
            var grown = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, Math.Min(_buffer.Length * 2L, System.Array.MaxLength)));
            _buffer.AsSpan(0, _length).CopyTo(grown);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = grown;
        }

        var span = _buffer.AsSpan(_length, count);
        _length = needed;
        return span;
    }
}
