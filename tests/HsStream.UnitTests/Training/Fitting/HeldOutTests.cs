using HsStream.Training.Fitting;
using Xunit;

namespace HsStream.UnitTests.Training.Fitting;

public sealed class HeldOutTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 5000).Select(i => $"goods {i}")];

    [Fact]
    public void Parts_are_of_equal_share_and_the_first_is_what_one_part_alone_would_be()
    {
        var parts = Texts.ToLookup(text => HeldOut.PartOf(text, 0.2, 3, 1));
        Assert.Equal([-1, 0, 1, 2], parts.Select(part => part.Key).Order());
        Assert.All([0, 1, 2], part => Assert.InRange(parts[part].Count(), 900, 1100));
        Assert.Equal(Texts.Where(text => HeldOut.IsHeldOut(text, 0.2, 1)), parts[0]);
        Assert.Equal(Texts.Length, Texts.Count(text => HeldOut.PartOf(text, 0.2, 5, 1) >= 0));
    }

    [Fact]
    public void Case_and_outer_spaces_do_not_matter_and_the_seed_does()
    {
        Assert.All(Texts, text => Assert.Equal(HeldOut.PartOf(text, 0.2, 5, 1), HeldOut.PartOf($" {text.ToUpperInvariant()} ", 0.2, 5, 1)));
        Assert.InRange(Texts.Count(text => HeldOut.PartOf(text, 0.2, 5, 1) == HeldOut.PartOf(text, 0.2, 5, 2)), 800, 1200);
    }
}
