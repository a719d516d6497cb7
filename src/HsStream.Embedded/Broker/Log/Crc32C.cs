using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HsStream.Embedded.Broker.Log;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches and of our own framed files.</summary>
/// <remarks>
/// <see cref="BitOperations"/> uses the processor's instruction where there is one, and a table elsewhere. The instruction has a result
/// after three cycles but can begin one in each, so long inputs are summed in three lanes that are then joined.
/// </remarks>
internal static class Crc32C
{
    public const uint Start = uint.MaxValue;

    private const int LaneBytes = 4096;
    private const int LaneWords = LaneBytes / sizeof(ulong);

    // What a sum becomes when a lane of zeros follows it, byte by byte of the sum: the operation is linear.
    private static readonly uint[] OverOneLane = ShiftTable(LaneBytes);
    private static readonly uint[] OverTwoLanes = ShiftTable(2 * LaneBytes);

    public static uint Compute(ReadOnlySpan<byte> bytes) => Finish(Continue(Start, bytes));

    /// <summary>Adds bytes to a checksum that began as <see cref="Start"/>.</summary>
    public static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 3 * LaneBytes)
        {
            crc = ThreeLanes(crc, MemoryMarshal.Cast<byte, ulong>(bytes[..(3 * LaneBytes)]));
            bytes = bytes[(3 * LaneBytes)..];
        }

        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) { crc = BitOperations.Crc32C(crc, Little(word)); }

        foreach (var b in bytes[(words.Length * sizeof(ulong))..]) { crc = BitOperations.Crc32C(crc, b); }

        return crc;
    }

    public static uint Finish(uint crc) => ~crc;

    private static uint ThreeLanes(uint crc, ReadOnlySpan<ulong> words)
    {
        var first = words[..LaneWords];
        var second = words.Slice(LaneWords, LaneWords);
        var third = words.Slice(2 * LaneWords, LaneWords);
        var (a, b, c) = (crc, 0u, 0u);
        for (var i = 0; i < LaneWords; i++)
        {
            a = BitOperations.Crc32C(a, Little(first[i]));
            b = BitOperations.Crc32C(b, Little(second[i]));
            c = BitOperations.Crc32C(c, Little(third[i]));
        }

        return Shift(OverTwoLanes, a) ^ Shift(OverOneLane, b) ^ c;
    }

    private static uint Shift(uint[] table, uint crc) =>
        table[crc & 0xFF] ^ table[256 + ((crc >> 8) & 0xFF)] ^ table[512 + ((crc >> 16) & 0xFF)] ^ table[768 + (crc >> 24)];

    private static uint[] ShiftTable(int bytes)
    {
        var table = new uint[4 * 256];
        for (var bit = 0; bit < 32; bit++)
        {
            var crc = 1u << bit;
            for (var i = 0; i < bytes / sizeof(ulong); i++) { crc = BitOperations.Crc32C(crc, 0ul); }

            // Every entry with this bit takes its share.
            for (var value = 0; value < 256; value++)
            {
                if ((value & (1 << (bit % 8))) != 0) { table[(bit / 8 * 256) + value] ^= crc; }
            }
        }

        return table;
    }

    private static ulong Little(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
}
