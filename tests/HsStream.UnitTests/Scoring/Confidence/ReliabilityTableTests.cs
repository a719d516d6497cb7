using HsStream.Scoring.Confidence;
using Xunit;

namespace HsStream.UnitTests.Scoring.Confidence;

public sealed class ReliabilityTableTests
{
    [Fact]
    public void The_error_is_the_mean_distance_between_what_was_said_and_what_came_true()
    {
        // 0.95 said ten times and right nine, 0.15 said ten times and right five: (0.05 + 0.35) / 2.
        var rows = Enumerable.Range(0, 20).Select(i => i < 10 ? (0.95f, i < 9) : (0.15f, i % 2 == 0)).ToArray();
        Assert.Equal(0.2, ReliabilityTable.EqualWidth(rows, 10).Error, 1e-6);
        Assert.Equal(0.2, ReliabilityTable.EqualMass(rows, 2).Error, 1e-6);
        Assert.Equal(0.35, ReliabilityTable.EqualWidth(rows, 10).LargestError, 1e-6);
        Assert.Equal(2, ReliabilityTable.EqualWidth(rows, 10).Bins.Count);
    }

    [Fact]
    public void Bins_of_equal_mass_hold_equally_many_rows()
    {
        var rows = Enumerable.Range(0, 100).Select(i => (i * i / 10_000f, i % 2 == 0)).ToArray();
        Assert.All(ReliabilityTable.EqualMass(rows, 10).Bins, bin => Assert.Equal(10, bin.Rows));
    }

    [Fact]
    public void Certainty_falls_into_the_last_bin_and_no_rows_have_no_error()
    {
        Assert.Equal(0, ReliabilityTable.EqualWidth([(1f, true)]).Error);
        Assert.Equal(0, ReliabilityTable.EqualMass([]).Error);
    }
}
