using System.Buffers.Binary;

namespace HsStream.Training.Datasets.Import;

/// <summary>UTF-16 as UTF-8. What is no text stays no text, so that its row is rejected and not mended in silence.</summary>
/// <remarks>A lone surrogate becomes the three bytes that UTF-8 forbids for it, an odd last byte becomes FF.</remarks>
internal sealed class Utf16Stream(Stream inner, bool isBigEndian) : ReadOnlyStream
{
    private readonly byte[] _input = new byte[4096];
    private readonly byte[] _output = new byte[8192];
    private int _inputCount;
    private int _start;
    private int _end;
    private bool _isAtEnd;

    public override int Read(Span<byte> buffer)
    {
        while (_start == _end && !_isAtEnd) { Refill(); }
        var count = Math.Min(buffer.Length, _end - _start);
        _output.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); }
        base.Dispose(disposing);
    }

    private void Refill()
    {
        var read = inner.Read(_input.AsSpan(_inputCount));
        _isAtEnd = read == 0;
        _inputCount += read;
        (_start, _end) = (0, 0);
        var at = 0;
        while (_inputCount - at >= 2)
        {
            int unit = Unit(at);
            if (char.IsHighSurrogate((char)unit))
            {
                if (_inputCount - at < 4 && !_isAtEnd) { break; }
                if (_inputCount - at >= 4 && char.IsLowSurrogate((char)Unit(at + 2)))
                {
                    unit = char.ConvertToUtf32((char)unit, (char)Unit(at + 2));
                    at += 2;
                }
            }

            at += 2;
            Write(unit);
        }

        _input.AsSpan(at, _inputCount - at).CopyTo(_input);
        _inputCount -= at;
        if (_isAtEnd && _inputCount > 0)
        {
            _output[_end++] = 0xFF;
            _inputCount = 0;
        }
    }

    private ushort Unit(int at) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(_input.AsSpan(at)) : BinaryPrimitives.ReadUInt16LittleEndian(_input.AsSpan(at));

    /// <summary>Of a unit at most 3 bytes, of a pair at most 4: half as much again as was read.</summary>
    private void Write(int rune)
    {
        switch (rune)
        {
            case < 0x80:
                _output[_end++] = (byte)rune;
                break;
            case < 0x800:
                _output[_end++] = (byte)(0xC0 | (rune >> 6));
                _output[_end++] = Tail(rune);
                break;
            case < 0x10000:
                _output[_end++] = (byte)(0xE0 | (rune >> 12));
                _output[_end++] = Tail(rune >> 6);
                _output[_end++] = Tail(rune);
                break;
            default:
                _output[_end++] = (byte)(0xF0 | (rune >> 18));
                _output[_end++] = Tail(rune >> 12);
                _output[_end++] = Tail(rune >> 6);
                _output[_end++] = Tail(rune);
                break;
        }

        static byte Tail(int bits) => (byte)(0x80 | (bits & 0x3F));
    }
}
