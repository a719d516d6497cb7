using CsCheck;
using HsStream.Scoring.Confidence;
using Xunit;

namespace HsStream.UnitTests.Scoring.Confidence;

public sealed class ConformalTests
{
    private static readonly Gen<float[]> Probabilities = Gen.Float[0, 1].Array[1, 30].Select(values =>
    {
        var sum = values.Sum() + 1e-6f;
        return values.Select(value => value / sum).ToArray();
    });

    [Fact]
    public void A_label_is_in_the_set_exactly_when_its_score_passes_the_threshold() =>
        Gen.Select(Probabilities, Gen.Float[0, 1.2f], Gen.Enum<ConformalMethod>()).Sample((p, threshold, method) =>
        {
            var order = new ulong[p.Length];
            var size = Conformal.Set(p, threshold, method, order);
            var set = order.Take(size).Select(Conformal.LabelOf).ToArray();
            Assert.Equal(
                Enumerable.Range(0, p.Length).Where(label => Conformal.Score(p, label, method) <= threshold).Order(),
                set.Order());
            Assert.Equal(set.OrderByDescending(label => p[label]).ThenBy(label => label), set);
            Assert.True(size >= 1);
        });

    [Fact]
    public void Everything_is_in_the_set_at_the_threshold_for_everything() =>
        Gen.Select(Probabilities, Gen.Enum<ConformalMethod>()).Sample((p, method) =>
            Assert.Equal(p.Length, Conformal.Set(p, Conformal.Everything, method, new ulong[p.Length])));

    [Theory]
    [InlineData(9, 0.9, 9)]
    [InlineData(19, 0.9, 18)]
    [InlineData(99, 0.9, 90)]
    [InlineData(10, 0.5, 6)]
    public void The_quantile_counts_the_new_description_too(int rows, double coverage, float expected) =>
        Assert.Equal(expected, Conformal.Quantile(Enumerable.Range(1, rows).Select(i => (float)i).Reverse().ToArray(), coverage));

    [Fact]
    public void Too_few_rows_or_too_many_unknown_codes_give_everything()
    {
        Assert.Equal(Conformal.Everything, Conformal.Quantile([0.1f, 0.2f], 0.9));
        Assert.Equal(Conformal.Everything, Conformal.Quantile([.. Enumerable.Repeat(0.1f, 80), .. Enumerable.Repeat(Conformal.Unknown, 20)], 0.9));
        Assert.Equal(Conformal.Unknown, Conformal.Score([0.5f, 0.5f], -1, ConformalMethod.LeastAmbiguous));
    }

    [Theory]
    [InlineData(ConformalMethod.LeastAmbiguous, 0.9)]
    [InlineData(ConformalMethod.LeastAmbiguous, 0.8)]
    [InlineData(ConformalMethod.Adaptive, 0.9)]
    [InlineData(ConformalMethod.RegularizedAdaptive, 0.95)]
    public void Coverage_on_new_rows_is_within_a_point_of_the_promise_even_for_an_overconfident_model(object method, double coverage)
    {
        // Truth is drawn from a distribution that the stated probabilities sharpen.
        var random = new Random(5);
        var calibration = Enumerable.Range(0, 4000).Select(_ => Draw(random)).Select(row => Conformal.Score(row.Stated, row.Truth, (ConformalMethod)method)).ToArray();
        var threshold = Conformal.Quantile(calibration, coverage);
        var (covered, sizes, rows) = (0, 0, 20_000);
        var order = new ulong[20];
        for (var i = 0; i < rows; i++)
        {
            var (stated, truth) = Draw(random);
            var size = Conformal.Set(stated, threshold, (ConformalMethod)method, order);
            covered += order.Take(size).Any(key => Conformal.LabelOf(key) == truth) ? 1 : 0;
            sizes += size;
        }

        Assert.Equal(coverage, (double)covered / rows, 0.01);
        Assert.InRange((double)sizes / rows, 1, 16);
    }

    private static (float[] Stated, int Truth) Draw(Random random)
    {
        var logits = Enumerable.Range(0, 20).Select(_ => (float)(4 * random.NextDouble())).ToArray();
        var (honest, stated) = (new float[20], new float[20]);
        Softmax.Write(logits, 1, honest, out _);
        Softmax.Write(logits, 3, stated, out _);
        var (at, left) = (0, random.NextDouble());
        while (at < 19 && (left -= honest[at]) > 0)
        {
            at++;
        }

        return (stated, at);
    }
}
