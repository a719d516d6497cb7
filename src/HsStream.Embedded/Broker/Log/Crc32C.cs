using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HsStream.Embedded.Broker.Log;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches and of our own framed files.</summary>
/// <remarks><see cref="BitOperations"/> uses the processor's instruction where there is one, and a table elsewhere.</remarks>
internal static class Crc32C
{
    public const uint Start = uint.MaxValue;

    public static uint Compute(ReadOnlySpan<byte> bytes) => Finish(Continue(Start, bytes));

    /// <summary>Adds bytes to a checksum that began as <see cref="Start"/>.</summary>
    public static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    public static uint Finish(uint crc) => ~crc;
}
