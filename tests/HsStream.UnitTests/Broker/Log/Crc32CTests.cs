using System.Text;
using CsCheck;
using HsStream.Embedded.Broker.Log;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720 section B.4, and the check value of the CRC catalogues.</summary>
    [Fact]
    public void Known_vectors_give_their_known_sums()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Fact]
    public void Any_length_and_any_cut_give_the_bit_by_bit_sum() =>
        Gen.Select(Gen.Byte.Array[0, 30_000], Gen.Int[0, 30_000], Gen.Int[0, 7]).Sample((bytes, cut, skip) =>
        {
            var span = bytes.AsSpan(Math.Min(skip, bytes.Length));
            cut %= span.Length + 1;
            var crc = Crc32C.Continue(Crc32C.Continue(Crc32C.Start, span[..cut]), span[cut..]);
            Assert.Equal(BitByBit(span), Crc32C.Finish(crc));
            Assert.Equal(BitByBit(span), Crc32C.Compute(span));
        }, iter: 200);

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) { crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1; }
        }

        return ~crc;
    }
}
