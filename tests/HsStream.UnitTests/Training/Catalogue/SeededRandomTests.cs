using CsCheck;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class SeededRandomTests
{
    [Fact]
    public void It_draws_what_the_authors_own_program_draws()
    {
        var random = new SeededRandom(1, 2, 3, 4);
        Assert.Equal([11520UL, 0UL, 1509978240UL, 1215971899390074240UL, 1216172134540287360UL], Enumerable.Range(0, 5).Select(_ => random.Next()));
    }

    [Fact]
    public void Purposes_have_streams_of_their_own()
    {
        Assert.Equal(SeededRandom.For(7, "lines").Next(), SeededRandom.For(7, "lines").Next());
        Assert.Equal(3, new[] { SeededRandom.For(7, "lines").Next(), SeededRandom.For(7, "labels").Next(), SeededRandom.For(8, "lines").Next() }.Distinct().Count());
    }

    [Fact]
    public void Draws_stay_in_their_range() => Gen.Select(Gen.ULong, Gen.Int[1, int.MaxValue]).Sample((seed, bound) =>
    {
        var random = new SeededRandom(seed);
        return Enumerable.Range(0, 20).All(_ => random.Below(bound) is var n && n >= 0 && n < bound && random.Fraction() is >= 0 and < 1);
    });

    [Fact]
    public void Every_value_of_a_small_range_is_as_frequent_as_the_others()
    {
        var random = new SeededRandom(1);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++) { counts[random.Below(6)]++; }
        // Chi-square with 5 degrees of freedom: 25.7 is passed once in 10,000 times, and the seed is fixed.
        Assert.InRange(counts.Sum(c => Math.Pow(c - 10_000, 2) / 10_000), 0, 25.7);
    }

    [Fact]
    public void A_shuffle_keeps_every_item()
    {
        int[] items = [.. Enumerable.Range(0, 50)];
        new SeededRandom(3).Shuffle(items);
        Assert.NotEqual(Enumerable.Range(0, 50), items);
        Assert.Equal(Enumerable.Range(0, 50), items.Order());
    }
}
