namespace HsStream.Embedded.Broker.Log;

/// <summary>Zigzag variable-length integers, as records use them.</summary>
internal static class Varint
{
    /// <summary>Longest encoding of a 64-bit value.</summary>
    public const int MaxBytes = 10;

    public static int Size(long value)
    {
        var size = 1;
        for (var rest = ZigZag(value); rest >= 0x80; rest >>= 7) { size++; }

        return size;
    }

    /// <returns>Bytes written, at most <see cref="MaxBytes"/>.</returns>
    public static int Write(Span<byte> destination, long value)
    {
        var position = 0;
        var rest = ZigZag(value);
        for (; rest >= 0x80; rest >>= 7) { destination[position++] = (byte)(rest | 0x80); }

        destination[position++] = (byte)rest;
        return position;
    }

    /// <returns>False when the bytes end inside the number or it does not fit 64 bits; <paramref name="position"/> is then undefined.</returns>
    public static bool TryReadLong(ReadOnlySpan<byte> source, ref int position, out long value)
    {
        ulong bits = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if ((uint)position >= (uint)source.Length) { break; }

            var b = source[position++];
            bits |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                value = (long)(bits >> 1) ^ -(long)(bits & 1);
                return shift < 63 || b <= 1;
            }
        }

        value = 0;
        return false;
    }

    /// <returns>False when the bytes end inside the number or it is longer than 5 bytes or does not fit 32 bits.</returns>
    public static bool TryReadInt(ReadOnlySpan<byte> source, ref int position, out int value)
    {
        var start = position;
        var read = TryReadLong(source, ref position, out var wide);
        value = (int)wide;
        return read && position - start <= 5 && wide is >= int.MinValue and <= int.MaxValue;
    }

    private static ulong ZigZag(long value) => (ulong)(value << 1) ^ (ulong)(value >> 63);
}
