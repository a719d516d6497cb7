using CsCheck;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

public sealed class KeySortTests
{
    [Fact]
    public void Any_keys_are_sorted_also_many_equal_ones() =>
        Gen.Select(Gen.Int[7, 28], Gen.Int[0, 1200]).SelectMany((bits, length) => Gen.OneOf(Gen.UInt[0, (1u << bits) - 1], Gen.UInt[0, 5]).Array[length].Select(keys => (bits, keys)))
            .Sample((bits, keys) =>
            {
                var expected = keys.Order().ToArray();
                KeySort.Sort(keys, new uint[keys.Length + 3], bits);
                Assert.Equal(expected, keys);
            });

    [Theory]
    [InlineData(128, 7)]
    [InlineData(129, 8)]
    [InlineData(1 << 20, 20)]
    public void Bits_hold_every_key_below_the_limit(long limit, int bits) => Assert.Equal(bits, KeySort.Bits(limit));
}
