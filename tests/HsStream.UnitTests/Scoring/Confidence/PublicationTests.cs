using CsCheck;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.UnitTests.Scoring.Onnx;
using Xunit;

namespace HsStream.UnitTests.Scoring.Confidence;

/// <summary>What is printed beside the codes, given the chance of the first.</summary>
public sealed class PublicationTests
{
    /// <summary>Several subheadings to a heading and headings to a chapter, so that the levels can disagree.</summary>
    private static readonly LabelTable Labels = new(
        [.. HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings.Where((_, i) => i is < 12 or > 300 and < 320 or > 2000 and < 2009)], NomenclatureEdition.Hs2022);

    private static readonly HsLevel[] Levels = [HsLevel.Subheading, HsLevel.Heading, HsLevel.Chapter];

    /// <summary>Scores from nearly equal to far apart, many of them equal; temperatures of the levels with and without.</summary>
    private static readonly Gen<(float[] Logits, float Chance, Temperatures Temperatures)> Rows = Gen.Select(
        Gen.OneOf(Gen.Float[-8, 8], Gen.Int[-3, 3].Select(i => (float)i), Gen.Float[0, 1e-4f], Gen.Const(60f)).Array[Labels.Count],
        Gen.OneOf(Gen.Float[0, 1], Gen.Const(0f), Gen.Const(1f)),
        Gen.OneOf(Gen.Const(new Temperatures(1, 1, 1)), Gen.Const(new Temperatures(0.7f, 1.4f, 0.8f))));

    [Fact]
    public void No_chance_changes_the_order_of_a_ranking_or_sets_the_levels_at_odds() => Rows.Sample(row =>
    {
        var probabilities = new RowProbabilities(Labels);
        probabilities.Compute(row.Logits, row.Temperatures);
        var printed = Publication.Of(probabilities, row.Chance);
        var of = Levels.ToDictionary(level => level, level => Enumerable.Range(0, probabilities.At(level).Length).Select(i => printed.At(probabilities, level, i)).ToArray());
        foreach (var level in Levels)
        {
            var order = printed.Order(probabilities, level).ToArray();
            var ranked = Enumerable.Range(0, order.Length).OrderByDescending(i => order[i]).ThenBy(i => i).Select(i => of[level][i]).ToArray();
            Assert.Equal(ranked.OrderDescending(), ranked);
            Assert.All(ranked, p => Assert.InRange(p, 0, 1));
            Assert.True(ranked.Sum(p => (double)p) <= 1 + 1e-5, $"{level} adds up to {ranked.Sum(p => (double)p)}");
        }

        for (var label = 0; label < Labels.Count; label++)
        {
            Assert.True(of[HsLevel.Heading][Labels.HeadingOf[label]] >= of[HsLevel.Subheading][label]);
            Assert.True(of[HsLevel.Chapter][Labels.ChapterOf[label]] >= of[HsLevel.Heading][Labels.HeadingOf[label]]);
        }

        Assert.Equal(printed.First, of[HsLevel.Subheading][probabilities.Best]);
    });

    [Fact]
    public void The_first_gets_the_chance_and_the_others_share_the_rest_as_before()
    {
        var probabilities = Of(5, 3, 2, 1);
        foreach (var chance in (float[])[0.75f, 0.9f, 0.99f])
        {
            var printed = Publication.Of(probabilities, chance);
            Assert.Equal(chance, printed.First, 1e-6f);
            var scale = (1 - chance) / (1 - probabilities.Subheadings[0]);
            for (var label = 1; label < 4; label++)
            {
                Assert.Equal(probabilities.Subheadings[label] * scale, printed.At(probabilities, HsLevel.Subheading, label), 1e-6f);
            }
        }
    }

    [Fact]
    public void A_chance_below_the_second_code_stops_just_above_it()
    {
        var probabilities = Of(5, 4.9f, 2, 1);
        var printed = Publication.Of(probabilities, 0.01f);
        var second = printed.At(probabilities, HsLevel.Subheading, 1);
        Assert.True(printed.First >= second && printed.First < 1.001f * second, $"{printed.First} and {second}");
    }

    [Fact]
    public void A_code_that_is_the_only_one_with_any_probability_gets_its_chance_too()
    {
        var printed = Publication.Of(Of(500, 0, 0, 0), 0.6f);
        Assert.Equal(0.6f, printed.First, 1e-6f);
    }

    [Fact]
    public void A_prediction_prints_what_it_was_decided_by()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load(calibration: TinyModel.Assessed());
        using var plain = tiny.Load();
        using var scorer = model.CreateScorer();
        using var without = plain.CreateScorer();
        var changed = 0;
        foreach (var (text, _) in TinyModel.Lines)
        {
            var (prediction, before) = (scorer.Score(text), without.Score(text));
            Assert.Equal(prediction.Decision.SubheadingChance, prediction.Subheadings[0].Probability);
            Assert.Equal(before.Subheadings.Select(ranked => ranked.Code), prediction.Subheadings.Select(ranked => ranked.Code));
            Assert.Equal(before.Headings.Select(ranked => ranked.Code), prediction.Headings.Select(ranked => ranked.Code));
            Assert.Equal(before.Chapters.Select(ranked => ranked.Code), prediction.Chapters.Select(ranked => ranked.Code));
            changed += Math.Abs(before.Subheadings[0].Probability - prediction.Subheadings[0].Probability) > 0.01f ? 1 : 0;

            // Sets rest on the model's own probabilities.
            Assert.Equal(before.Sets!.Subheadings.Codes, prediction.Sets!.Subheadings.Codes);
            Assert.Equal(before.Sets.Headings.Codes, prediction.Sets.Headings.Codes);
        }

        Assert.True(changed > 5, $"the chance changed {changed} of {TinyModel.Lines.Length} predictions");
    }

    [Fact]
    public void A_model_without_an_assessment_prints_its_probabilities()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        using var scorer = model.CreateScorer();
        var prediction = scorer.Score("used t-shirt of cotton");
        var p = scorer.Probabilities(0).Subheadings.ToArray();
        Assert.Equal(p.OrderDescending(), prediction.Subheadings.Select(ranked => ranked.Probability));
        Assert.Equal(p.Max(), prediction.Decision.SubheadingChance);
    }

    private static RowProbabilities Of(params float[] first)
    {
        var probabilities = new RowProbabilities(Labels);
        probabilities.Compute([.. first, .. Enumerable.Repeat(-30f, Labels.Count - first.Length)], new Temperatures(1, 1, 1));
        return probabilities;
    }
}
