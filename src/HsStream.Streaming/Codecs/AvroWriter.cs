using System.Buffers.Binary;
using System.Text;
using HsStream.Domain.Nomenclature;

namespace HsStream.Streaming.Codecs;

/// <summary>Writes Avro's binary encoding (Avro 1.12 specification, "Binary Encoding") into a buffer that grows. Not thread-safe.</summary>
internal sealed class AvroWriter
{
    private const int KeptBytes = 1 << 16;
    private byte[] _buffer = new byte[1024];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        if (_buffer.Length > KeptBytes) { _buffer = new byte[1024]; }
    }

    public void WriteByte(byte value) => Take(1)[0] = value;

    public void WriteFrame(int schemaId)
    {
        var span = Take(5);
        span[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], schemaId);
    }

    public void WriteInt(int value) => WriteLong(value);

    public void WriteLong(long value)
    {
        var rest = (ulong)((value << 1) ^ (value >> 63));
        Ensure(10);
        while (rest >= 0x80)
        {
            _buffer[_length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _buffer[_length++] = (byte)rest;
    }

    public void WriteFloat(float value) => BinaryPrimitives.WriteSingleLittleEndian(Take(4), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);

    /// <summary>A lone surrogate becomes U+FFFD.</summary>
    public void WriteString(string value)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        WriteLong(bytes);
        Encoding.UTF8.GetBytes(value, Take(bytes));
    }

    /// <summary>Of the union ["null", "string"].</summary>
    public void WriteOptional(string? value)
    {
        WriteLong(value is null ? 0 : 1);
        if (value is not null) { WriteString(value); }
    }

    /// <summary>Of the union ["null", timestamp-millis].</summary>
    public void WriteOptional(DateTimeOffset? value)
    {
        WriteLong(value is null ? 0 : 1);
        if (value is { } time) { WriteTime(time); }
    }

    public void WriteTime(DateTimeOffset value) => WriteLong(value.ToUnixTimeMilliseconds());

    public void WriteCode(HsCode code)
    {
        Span<char> digits = stackalloc char[6];
        code.TryFormat(digits, out var length);
        WriteLong(length);
        Encoding.UTF8.GetBytes(digits[..length], Take(length));
    }

    public void WriteList(IReadOnlyList<string> items)
    {
        if (items.Count > 0)
        {
            WriteLong(items.Count);
            for (var i = 0; i < items.Count; i++) { WriteString(items[i]); }
        }

        WriteLong(0);
    }

    public void WriteMap(IReadOnlyDictionary<string, string> items)
    {
        if (items.Count > 0)
        {
            WriteLong(items.Count);
            foreach (var (name, value) in items)
            {
                WriteString(name);
                WriteString(value);
            }
        }

        WriteLong(0);
    }

    private Span<byte> Take(int bytes)
    {
        Ensure(bytes);
        var span = _buffer.AsSpan(_length, bytes);
        _length += bytes;
        return span;
    }

    private void Ensure(int bytes)
    {
        if (_buffer.Length - _length < bytes) { Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes)); }
    }
}
