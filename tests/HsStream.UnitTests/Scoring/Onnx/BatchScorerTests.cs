using CsCheck;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Onnx;
using HsStream.UnitTests.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Onnx;

public sealed class BatchScorerTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    public void A_text_has_the_same_bits_alone_in_any_batch_and_at_any_place(int batchRows)
    {
        using var model = _tiny.LoadRandom(new ScoringOptions { BatchRows = batchRows });
        using var scorer = model.CreateScorer();
        Texts.Any.Array[1, 40].Sample(
            texts =>
            {
                scorer.RunTexts(texts, 0, texts.Length);
                var together = texts.Select((_, i) => (scorer.Logits(i).ToArray(), scorer.Embedding(i).ToArray())).ToArray();
                for (var i = 0; i < texts.Length; i++)
                {
                    scorer.RunTexts(texts, i, 1);
                    Assert.Equal(together[i].Item1, scorer.Logits(0).ToArray());
                    Assert.Equal(together[i].Item2, scorer.Embedding(0).ToArray());
                }
            },
            iter: 30, threads: 1);
    }

    [Fact]
    public void Another_scorer_of_the_model_gives_the_same_predictions_on_another_thread()
    {
        using var model = _tiny.LoadRandom(new ScoringOptions());
        var texts = Enumerable.Range(0, 200).Select(i => $"steel bolt m{i} cotton {i % 7}").ToArray();
        using var one = model.CreateScorer();
        var expected = one.Score(texts).Select(Describe).ToArray();
        Parallel.For(0, 4, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, _ =>
        {
            using var other = model.CreateScorer();
            Assert.Equal(expected, other.Score(texts).Select(Describe));
        });
    }

    [Fact]
    public void Known_goods_are_decided_and_ranked()
    {
        using var model = _tiny.Load();
        using var scorer = model.CreateScorer();
        var prediction = scorer.Score("BICYCLE, mountain 26\"");
        Assert.Equal(HsCode.Parse("871200"), prediction.Code);
        Assert.Equal(Outcome.Auto, prediction.Decision.Outcome);
        Assert.Equal(DecisionReasons.Confident, prediction.Decision.Reasons);
        Assert.Equal(HsLevel.Subheading, prediction.Decision.Level);
        Assert.Equal(5, prediction.Subheadings.Count);
        Assert.Equal(1, prediction.Subheadings.Sum(code => code.Probability), 1e-5);
        Assert.Equal(1, prediction.Chapters.Sum(code => code.Probability), 1e-5);
        Assert.Equal(model.ModelVersion, prediction.ModelVersion);
        Assert.Equal(model.Encoder.Hash, prediction.EncoderHash);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("BICYCLE, mountain 26\""u8)), prediction.InputHash);
        Assert.Equal(("CPU", 16, 0), (prediction.Profile.Provider, prediction.Profile.BatchRows, prediction.Profile.TokenWidth));
    }

    [Fact]
    public void The_ranking_holds_the_likeliest_of_many_labels()
    {
        using var model = _tiny.LoadRandom(new ScoringOptions { TopK = 7 });
        using var scorer = model.CreateScorer();
        foreach (var (text, _) in TinyModel.Lines)
        {
            var prediction = scorer.Score(text);
            var p = scorer.Probabilities(0).Subheadings.ToArray();
            Assert.Equal(Enumerable.Range(0, p.Length).OrderByDescending(label => p[label]).Take(7).Select(label => model.Labels.Codes[label]), prediction.Subheadings.Select(code => code.Code));
            var headings = scorer.Probabilities(0).Headings.ToArray();
            Assert.Equal(headings.OrderDescending().Take(7), prediction.Headings.Select(code => code.Probability));
        }
    }

    [Fact]
    public void A_heading_has_the_sum_of_its_subheadings_and_a_decision_backs_off_to_it()
    {
        var calibration = TinyModel.Calibrated();
        using var model = _tiny.Load(calibration: calibration with { Decision = calibration.Decision with { Subheading = new LevelThreshold(0.9, 0.95f, 0.9, 0.5) } });
        using var scorer = model.CreateScorer();
        var prediction = scorer.Score("t-shirt cotton or polyester");
        var shirts = prediction.Subheadings.Where(code => code.Code.Heading == HsCode.Parse("6109")).Sum(code => (double)code.Probability);
        Assert.Equal((HsCode.Parse("6109"), shirts), (prediction.Headings[0].Code, prediction.Headings[0].Probability), new Near());
        Assert.Equal((Outcome.Review, HsLevel.Heading), (prediction.Decision.Outcome, prediction.Decision.Level));
        Assert.Equal(HsCode.Parse("6109"), prediction.Decision.Code);
        Assert.Equal(DecisionReasons.LowConfidence, prediction.Decision.Reasons);
        Assert.Contains(prediction.Code, prediction.Sets!.Subheadings.Codes);
    }

    [Theory]
    [InlineData("", DecisionReasons.EmptyText | DecisionReasons.UnknownWords)]
    [InlineData("?!", DecisionReasons.EmptyText | DecisionReasons.UnknownWords)]
    [InlineData("жжж", DecisionReasons.UnknownWords)]
    [InlineData("bicycle mountain \uD800", DecisionReasons.DamagedText)]
    [InlineData("bicycle mountain \0", DecisionReasons.DamagedText)]
    public void A_text_that_cannot_be_trusted_goes_to_review_with_a_valid_code_all_the_same(string text, object reasons)
    {
        using var model = _tiny.Load();
        using var scorer = model.CreateScorer();
        var prediction = scorer.Score(text);
        Assert.Equal(Outcome.Review, prediction.Decision.Outcome);
        Assert.Equal((DecisionReasons)reasons, prediction.Decision.Reasons & ~DecisionReasons.LowConfidence);
        Assert.Equal(HsLevel.None, prediction.Decision.Level);
        Assert.True(HsNomenclature.Of(prediction.Edition).Contains(prediction.Code));
    }

    [Fact]
    public void A_hundred_kilobytes_go_to_review_as_truncated()
    {
        using var model = _tiny.Load();
        using var scorer = model.CreateScorer();
        var prediction = scorer.Score(string.Concat(Enumerable.Repeat("mountain bicycle ", 6000)));
        Assert.Equal(DecisionReasons.TruncatedText, prediction.Decision.Reasons);
        Assert.Equal(HsCode.Parse("871200"), prediction.Code);
    }

    [Fact]
    public void Any_text_gives_one_valid_code_and_sound_probabilities()
    {
        using var model = _tiny.Load();
        using var scorer = model.CreateScorer();
        Texts.Any.Sample(
            text =>
            {
                var prediction = scorer.Score(text);
                Assert.True(HsNomenclature.Of(prediction.Edition).Contains(prediction.Code));
                Assert.Equal(prediction.Subheadings.OrderByDescending(code => code.Probability), prediction.Subheadings);
                Assert.All(prediction.Subheadings, code => Assert.InRange(code.Probability, 0, 1));
                Assert.True(prediction.Sets!.Subheadings.Size >= 1 && prediction.Sets.Headings.Size >= 1 && prediction.Sets.Chapters.Size >= 1);
                Assert.Equal(prediction.Decision.Outcome == Outcome.Auto, prediction.Decision.Reasons == DecisionReasons.Confident);
            },
            threads: 1);
    }

    [Fact]
    public void Many_texts_are_scored_in_order()
    {
        using var model = _tiny.Load();
        using var scorer = model.CreateScorer();
        scorer.Warmup();
        var texts = Enumerable.Range(0, 2500).Select(i => TinyModel.Lines[i % 15].Text + new string('x', i % 40)).ToArray();
        var predictions = scorer.Score(texts);
        Assert.Equal(texts.Length, predictions.Length);
        foreach (var i in (int[])[0, 1, 1023, 1024, 2499])
        {
            Assert.Equal(Describe(scorer.Score(texts[i])), Describe(predictions[i]));
        }
    }

    [Fact]
    public void Without_calibration_everything_goes_to_review()
    {
        using var model = _tiny.Load(calibration: Calibration.None);
        using var scorer = model.CreateScorer();
        var prediction = scorer.Score("mountain bicycle 26 inch");
        Assert.Equal(Outcome.Review, prediction.Decision.Outcome);
        Assert.True(prediction.Decision.Reasons.HasFlag(DecisionReasons.NotCalibrated));
        Assert.Null(prediction.Sets);
    }

    [Fact]
    public void Cuda_that_is_not_there_is_replaced_with_a_warning()
    {
        using var model = _tiny.Load(new ScoringOptions { Accelerator = AcceleratorPreference.Cuda });
        Assert.Equal("CPU", model.Provider);
        Assert.Contains("CUDA", model.Warning, StringComparison.Ordinal);
        using var auto = _tiny.Load(new ScoringOptions { Accelerator = AcceleratorPreference.Auto });
        Assert.Equal(("CPU", null), (auto.Provider, auto.Warning));
    }

    [Fact]
    public void Running_the_model_allocates_next_to_nothing_once_its_shapes_are_bound()
    {
        using var model = _tiny.LoadRandom(new ScoringOptions());
        using var scorer = model.CreateScorer();
        var texts = Enumerable.Range(0, 256).Select(i => TinyModel.Lines[i % 15].Text).ToArray();
        scorer.RunTexts(texts, 0, texts.Length);
        scorer.RunTexts(texts, 0, texts.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        scorer.RunTexts(texts, 0, texts.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * texts.Length / 16);
    }

    private static string Describe(HsPrediction prediction) =>
        string.Join(' ', prediction.Subheadings.Select(code => $"{code.Code}:{BitConverter.SingleToInt32Bits(code.Probability):x8}")) + prediction.Decision + prediction.InputHash;

    private sealed class Near : IEqualityComparer<(HsCode, double)>
    {
        public bool Equals((HsCode, double) x, (HsCode, double) y) => x.Item1 == y.Item1 && Math.Abs(x.Item2 - y.Item2) < 1e-6;

        public int GetHashCode((HsCode, double) obj) => obj.Item1.GetHashCode();
    }
}
