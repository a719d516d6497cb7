using CsCheck;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.UnitTests.Scoring.Onnx;
using Xunit;

namespace HsStream.UnitTests.Scoring.Confidence;

public sealed class SoftmaxTests
{
    private static readonly Gen<float[]> Scores = Gen.Float[-50, 50].Array[1, 60];

    [Fact]
    public void Probabilities_and_entropy_agree_with_double_precision() =>
        Gen.Select(Scores, Gen.Float[0.1f, 5f]).Sample((scores, scale) =>
        {
            var found = new float[scores.Length];
            Assert.True(Softmax.Write(scores, scale, found, out var entropy));
            var exact = scores.Select(score => Math.Exp((score - (double)scores.Max()) * scale)).ToArray();
            var sum = exact.Sum();
            for (var i = 0; i < found.Length; i++)
            {
                Assert.Equal(exact[i] / sum, found[i], 2e-6);
            }

            Assert.Equal(-exact.Where(e => e > 0).Sum(e => e / sum * Math.Log(e / sum)), entropy, 1e-4);
        });

    [Fact]
    public void A_sigmoid_agrees_with_double_precision() =>
        Gen.Float[-100, 100].Sample(x => Assert.Equal(1 / (1 + Math.Exp(-x)), Softmax.Sigmoid(x), 1e-6));

    [Fact]
    public void The_bits_are_pinned()
    {
        var found = new float[11];
        Softmax.Write([1.5f, -2, 0.25f, 3, 0, 1, 2, -1, 0.5f, 4, -7], 0.8f, found, out var entropy);
        Assert.Equal(
            "3d86da34 3b8334c1 3cc67009 3e5fdce1 3ca2778d 3d34c9d9 3dc92d14 3c120095 3cf25f50 3ef91ba1 3899ccc4 3fc84517",
            string.Join(' ', found.Append(entropy).Select(p => BitConverter.SingleToInt32Bits(p).ToString("x8", null))));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_score_that_is_no_number_makes_all_equal(float score)
    {
        var found = new float[4];
        Assert.False(Softmax.Write([1, score, 2, 3], 1, found, out _));
        Assert.All(found, p => Assert.Equal(0.25f, p));
    }

    [Theory]
    [InlineData(2f, 1f)] // at the centre
    [InlineData(1f, 1.3498588f)] // e^0.3: surer scores are divided by more
    [InlineData(4f, 0.5488116f)] // e^-0.6
    [InlineData(50f, 0.1353353f)] // never further than e^-2
    public void A_temperature_can_fall_with_the_entropy_of_the_scores(float entropy, float expected) =>
        Assert.Equal(expected, new Temperatures(1, 1, 1) { EntropySlope = 0.3f, EntropyCentre = 2 }.For(entropy), 1e-6f);

    [Fact]
    public void A_temperature_by_entropy_keeps_the_order_of_the_labels() =>
        Gen.Float[-20, 20].Array[5].Sample(logits =>
        {
            var (constant, byEntropy) = (new RowProbabilities(TinyModel.Labels), new RowProbabilities(TinyModel.Labels));
            constant.Compute(logits, new Temperatures(1, 1, 1));
            byEntropy.Compute(logits, new Temperatures(1, 1, 1) { EntropySlope = 0.5f, EntropyCentre = 1 });
            // Scores closer than an exponential can tell may come out equal, and then the lower label is the best.
            Assert.Equal(logits[constant.Best], logits[byEntropy.Best], 1e-5f);
            Assert.Equal(1, byEntropy.Subheadings.ToArray().Sum(p => (double)p), 1e-5);
        });

    [Fact]
    public void Levels_add_up_and_a_higher_temperature_keeps_the_order() =>
        Gen.Select(Gen.Float[-20, 20].Array[5], Gen.Float[0.2f, 5f]).Sample((logits, temperature) =>
        {
            var row = new RowProbabilities(TinyModel.Labels);
            row.Compute(logits, new Temperatures(temperature, 1, 1));
            Assert.Equal(1, row.Subheadings.ToArray().Sum(p => (double)p), 1e-5);
            Assert.Equal(1, row.Headings.ToArray().Sum(p => (double)p), 1e-5);
            Assert.Equal(1, row.Chapters.ToArray().Sum(p => (double)p), 1e-5);
            Assert.Equal(row.Subheadings.ToArray().Max(), row.Subheadings[row.Best]);
            Assert.Equal(logits.Max(), logits[row.Best], 1e-5);
            var shirts = TinyModel.Labels.Headings.ToList().IndexOf(HsCode.Parse("6109"));
            Assert.Equal(row.Subheadings[0] + row.Subheadings[1], row.Headings[shirts]);
            Assert.Equal(row.Subheadings.ToArray().OrderDescending().ElementAt(1), row.SecondProbability);
        });
}
