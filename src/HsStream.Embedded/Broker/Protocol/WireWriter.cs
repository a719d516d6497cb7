using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Protocol;

/// <summary>Writes messages into a pooled buffer that grows; give it back by <see cref="Dispose"/> after the bytes are sent.</summary>
/// <remarks>
/// Large record sets can be left out of the buffer: the message then has to be taken with <see cref="Fill"/>, piece by piece, and a
/// response of many megabytes needs only one piece of memory at a time.
/// </remarks>
internal sealed class WireWriter : Wire, IDisposable
{
    private readonly int _inlineLimit;
    private readonly List<(int Position, RecordSet Records)> _leftOut = [];
    private byte[] _buffer;
    private int _length;
    private int _filled;
    private int _filledOfLeftOut;
    private int _nextLeftOut;

    /// <param name="inlineLimit">Records that would make the buffer larger than this are left out of it.</param>
    public WireWriter(int sizeHint = 512, int inlineLimit = int.MaxValue)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);
        _inlineLimit = inlineLimit;
    }

    public override bool Reading => false;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Size of the whole message, with what was left out of the buffer.</summary>
    public int TotalLength { get; private set; }

    public bool HasLeftOut => _leftOut.Count > 0;

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
        if (value is not { Length: > 0 }) { return; }
        if (_length + (long)value.Length <= _inlineLimit)
        {
            value.CopyTo(Reserve(value.Length));
        }
        else
        {
            _leftOut.Add((_length, value));
            TotalLength = checked(TotalLength + value.Length);
        }
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

    /// <summary>Copies the next bytes of the message, buffer and left-out records in their order.</summary>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="IOException">Records could not be read.</exception>
    public int Fill(Span<byte> piece)
    {
        var copied = 0;
        while (copied < piece.Length)
        {
            var until = _nextLeftOut < _leftOut.Count ? _leftOut[_nextLeftOut].Position : _length;
            if (_filled < until)
            {
                var count = Math.Min(until - _filled, piece.Length - copied);
                _buffer.AsSpan(_filled, count).CopyTo(piece[copied..]);
                _filled += count;
                copied += count;
            }
            else if (_nextLeftOut < _leftOut.Count)
            {
                var records = _leftOut[_nextLeftOut].Records;
                var count = Math.Min(records.Length - _filledOfLeftOut, piece.Length - copied);
                records.CopyTo(_filledOfLeftOut, piece.Slice(copied, count));
                copied += count;
                _filledOfLeftOut += count;
                if (_filledOfLeftOut == records.Length) { (_nextLeftOut, _filledOfLeftOut) = (_nextLeftOut + 1, 0); }
            }
            else
            {
                break;
            }
        }

        return copied;
    }

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
        TotalLength = checked(TotalLength + count);
        return span;
    }
}
