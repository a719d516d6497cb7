using HsStream.Scoring.Confidence;
using Xunit;

namespace HsStream.UnitTests.Scoring.Confidence;

public sealed class PrecisionThresholdTests
{
    [Theory]
    [InlineData(90, 100, PrecisionBound.Wilson, 0.95, 0.8396)]
    [InlineData(90, 100, PrecisionBound.ClopperPearson, 0.95, 0.8363)]
    [InlineData(10, 10, PrecisionBound.ClopperPearson, 0.95, 0.7411)] // 0.05^(1/10)
    [InlineData(0, 10, PrecisionBound.ClopperPearson, 0.95, 0)]
    [InlineData(450, 500, PrecisionBound.Wilson, 0.9, 0.8816)]
    [InlineData(7, 10, PrecisionBound.None, 0.9, 0.7)]
    public void Lower_limits_agree_with_published_formulas(int right, int rows, object bound, double confidence, double expected) =>
        Assert.Equal(expected, PrecisionThreshold.LowerLimit(right, rows, (PrecisionBound)bound, confidence), 5e-4);

    [Fact]
    public void The_smallest_probability_that_keeps_the_precision_is_chosen()
    {
        // Right from 0.60 on, wrong below: 40 rights allow 4 wrongs at 0.9.
        var rows = Enumerable.Range(20, 80).Select(i => (i / 100f, i >= 60)).ToArray();
        var chosen = PrecisionThreshold.Choose(rows, 0.9, PrecisionBound.None, 0.9, 10);
        Assert.Equal(0.56f, chosen.Probability);
        Assert.Equal((40 / 44.0, 44 / 80.0), (chosen.Precision, chosen.Share));
        Assert.True(chosen.Allows(0.56f) && !chosen.Allows(0.559f));
    }

    [Fact]
    public void A_bound_asks_for_more_than_the_measured_share()
    {
        var rows = Enumerable.Range(20, 80).Select(i => (i / 100f, i >= 60)).ToArray();
        Assert.True(PrecisionThreshold.Choose(rows, 0.9, PrecisionBound.Wilson, 0.9, 10).Probability > 0.56f);
        Assert.True(PrecisionThreshold.Choose(rows, 0.9, PrecisionBound.ClopperPearson, 0.9, 10).Probability > 0.56f);
    }

    [Fact]
    public void Equal_probabilities_stand_or_fall_together()
    {
        var rows = new (float, bool)[100];
        for (var i = 0; i < 100; i++)
        {
            rows[i] = (i < 60 ? 0.9f : 0.5f, i < 60 || i % 2 == 0);
        }

        Assert.Equal(0.9f, PrecisionThreshold.Choose(rows, 0.9, PrecisionBound.None, 0.9, 10).Probability);
    }

    [Fact]
    public void Where_no_threshold_reaches_the_target_nothing_is_decided()
    {
        var rows = Enumerable.Range(0, 100).Select(i => (i / 100f, i % 2 == 0)).ToArray();
        var chosen = PrecisionThreshold.Choose(rows, 0.9, PrecisionBound.None, 0.9, 10);
        Assert.Null(chosen.Probability);
        Assert.False(chosen.Allows(1));
        Assert.Null(PrecisionThreshold.Choose(new (float, bool)[] { (1, true), (1, true) }, 0.9, PrecisionBound.None, 0.9, 10).Probability);
    }
}
