using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;

using Xunit;

namespace HsStream.UnitTests.Scoring.Confidence;

/// <summary>Fits on synthetic rows whose truth is known: the model's scores are three times too sharp, and short texts are guesses.</summary>
public sealed class CalibrationFitterTests
{
    private static readonly LabelTable Labels = new(
        [.. HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings.Where((_, i) => i % 200 < 2).Take(40)], NomenclatureEdition.Hs2022);

    private static readonly CalibrationOptions Options = new() { MinimumRows = 20 };
    private static readonly Rows Training = Rows.Draw(1, 400);
    private static readonly Rows HeldOut = Rows.Draw(2, 3000);
    private static readonly Rows Fresh = Rows.Draw(3, 6000);
    private static readonly Calibration Fitted = new CalibrationFitter(Labels, Training.Texts, Training.Codes, Options).Fit(HeldOut.Texts, HeldOut.Logits, HeldOut.Codes);

    [Fact]
    public void The_temperature_undoes_the_sharpening_and_the_calibration_error_falls()
    {
        Assert.InRange(Fitted.Temperatures.Subheading, 3f, 4f); // 3 for the sharpening, more for the guesses
        var before = ReliabilityTable.EqualMass(Outcomes(Fresh, new Temperatures(1, 1, 1), HsLevel.Subheading));
        var after = ReliabilityTable.EqualMass(Outcomes(Fresh, Fitted.Temperatures, HsLevel.Subheading));
        Assert.True(before.Error > 0.15 && after.Error < 0.06, $"{before.Error} to {after.Error}");
    }

    [Fact]
    public void A_model_that_is_too_sure_only_where_it_is_sure_gets_a_temperature_by_entropy()
    {
        // Scores two and a half times too sharp where they are clear, and too flat where they are not.
        static float[] Distort(Rows rows)
        {
            var logits = rows.Logits.ToArray();
            for (var row = 0; row < rows.Codes.Count; row++)
            {
                var scores = logits.AsSpan(row * Labels.Count, Labels.Count);
                var sorted = scores.ToArray().OrderDescending().ToArray();
                var factor = sorted[0] - sorted[1] > 6 ? 2.5f / 3 : 0.7f / 3;
                foreach (ref var score in scores)
                {
                    score *= factor;
                }
            }

            return logits;
        }

        var (heldOut, fresh) = (HeldOut with { Logits = Distort(HeldOut) }, Fresh with { Logits = Distort(Fresh) });
        var fitted = new CalibrationFitter(Labels, null, [], Options).Fit(heldOut.Texts, heldOut.Logits, heldOut.Codes).Temperatures;
        Assert.True(fitted.EntropySlope > 0.1f, $"{fitted}");
        var constant = Enumerable.Range(1, 30).Select(i => new Temperatures(i * 0.1f, 1, 1))
            .MinBy(t => LogLoss(heldOut, t))!;
        var (before, after) = (LogLoss(fresh, constant), LogLoss(fresh, fitted));
        Assert.True(after < 0.995 * before, $"{before} to {after}");
    }

    [Theory]
    [InlineData(HsLevel.Subheading)]
    [InlineData(HsLevel.Heading)]
    [InlineData(HsLevel.Chapter)]
    public void Sets_cover_new_rows_as_promised_at_every_level(object level)
    {
        foreach (var thresholds in Fitted.Conformal)
        {
            var (covered, top) = (0, 0);
            var order = new ulong[Labels.Count];
            Fresh.Each(Fitted.Temperatures, (row, probabilities) =>
            {
                var p = probabilities.At((HsLevel)level);
                var size = Conformal.Set(p, thresholds.At((HsLevel)level), Fitted.ConformalMethod, order);
                var truth = CodesAt((HsLevel)level).IndexOf(Fresh.Codes[row].AtLevel((HsLevel)level));
                covered += order.Take(size).Any(key => Conformal.LabelOf(key) == truth) ? 1 : 0;
                top += probabilities.BestAt((HsLevel)level) == truth ? 1 : 0;
            });

            // A set always holds the likeliest, so it cannot cover less than that is right.
            Assert.Equal(Math.Max(thresholds.Coverage, (double)top / Fresh.Codes.Count), (double)covered / Fresh.Codes.Count, 0.015);
        }
    }

    [Fact]
    public void Decisions_keep_their_precision_on_new_rows_and_decide_more_than_the_probability_alone()
    {
        var maker = new DecisionMaker(Fitted);
        var (decided, right) = (0, 0);
        Fresh.Each(Fitted.Temperatures, (row, probabilities) =>
        {
            var decision = maker.Decide(probabilities, Fresh.Texts.TokenIds(row), Fresh.Texts.Profile(row), TextIssues.None, (ulong)row, out _);
            decided += decision.Outcome == Outcome.Auto ? 1 : 0;
            right += decision.Outcome == Outcome.Auto && decision.Code == Fresh.Codes[row] ? 1 : 0;
        });
        Assert.True(right >= 0.885 * decided, $"{right} of {decided}");
        var alone = PrecisionThreshold.Choose(
            [.. Outcomes(HeldOut, Fitted.Temperatures, HsLevel.Subheading)], Options.SubheadingPrecision, Options.Bound, Options.BoundConfidence, Options.MinimumRows);
        Assert.True(decided > 1.1 * alone.Share * Fresh.Codes.Count, $"{decided} of {Fresh.Codes.Count} against a share of {alone.Share}");
    }

    [Fact]
    public void Words_that_go_with_one_heading_tell_more_than_words_that_go_with_all()
    {
        var words = Fitted.Words!;
        float Of(string text)
        {
            var row = Training.Texts.Encoder.Encode(text, Training.Texts.Encoder.CreateWorkspace());
            return words.Of(row.TokenIds);
        }

        Assert.True(Of("goods0") > 1.5f, $"{Of("goods0")}");
        Assert.True(Of("colour1") < 0.5f * Of("goods0"), $"{Of("colour1")}");
        Assert.Equal(0, Of("unheardof"));
        Assert.True(Of("goods0 goods1") > Of("goods0"));
    }

    [Fact]
    public void A_text_of_empty_words_is_too_vague()
    {
        var encoder = Training.Texts.Encoder;
        var vague = Fitted with { Words = Fitted.Words! with { MinInformation = 1 } };
        Assert.True(Reasons(vague, "colour1 colour2").HasFlag(DecisionReasons.TooVague));
        Assert.False(Reasons(vague, "goods0 colour2").HasFlag(DecisionReasons.TooVague));

        DecisionReasons Reasons(Calibration calibration, string text)
        {
            var row = encoder.Encode(text, encoder.CreateWorkspace());
            var probabilities = new RowProbabilities(Labels);
            probabilities.Compute(new float[Labels.Count], calibration.Temperatures);
            return new DecisionMaker(calibration).Decide(probabilities, row.TokenIds, row.Profile, row.Issues, row.TextHash, out _).Reasons;
        }
    }

    [Fact]
    public void A_text_with_conflicting_codes_goes_to_review_however_it_is_written()
    {
        var texts = new EncodedBatch(Training.Texts.Encoder);
        string[] lines = ["goods0", "GOODS0.", "goods1", "goods1"];
        foreach (var line in lines)
        {
            texts.Add(line);
        }

        HsCode[] codes = [Labels.Codes[0], Labels.Codes[1], Labels.Codes[2], Labels.Codes[2]];
        var fitted = new CalibrationFitter(Labels, texts, codes, Options).Fit(HeldOut.Texts, HeldOut.Logits, HeldOut.Codes);
        Assert.Equal(8, fitted.AmbiguousTexts.Length);
        var row = texts.Encoder.Encode(" Goods0 ", texts.Encoder.CreateWorkspace());
        var probabilities = new RowProbabilities(Labels);
        probabilities.Compute([100, .. new float[Labels.Count - 1]], fitted.Temperatures);
        var decision = new DecisionMaker(fitted).Decide(probabilities, row.TokenIds, row.Profile, row.Issues, row.TextHash, out _);
        Assert.True(decision.Reasons.HasFlag(DecisionReasons.AmbiguousPrecedents));
        Assert.Equal(Outcome.Review, decision.Outcome);
    }

    [Fact]
    public void Codes_that_the_model_does_not_know_count_as_wrong_and_uncovered()
    {
        var unknown = HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings[^1];
        Assert.True(Labels.Find(unknown) < 0);
        var codes = HeldOut.Codes.Select((code, i) => i % 4 == 0 ? unknown : code).ToArray();
        var fitted = new CalibrationFitter(Labels, null, [], Options).Fit(HeldOut.Texts, HeldOut.Logits, codes);
        Assert.Equal(Conformal.Everything, fitted.ForCoverage(0.9)!.Subheading);
        Assert.True(fitted.Decision.Subheading.Share < Fitted.Decision.Subheading.Share);
        Assert.Null(fitted.Words);
    }

    [Fact]
    public void A_model_trained_again_with_another_label_and_encoder_keeps_the_thresholds_and_counts_anew()
    {
        var added = HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings[^1];
        var labels = new LabelTable([.. Labels.Codes.Prepend(added)], NomenclatureEdition.Hs2022);
        var encoder = EncoderFitter.Fit(Training.Texts.Encoder.Definition, ["other words first", "other words first", "goods0 colour1"]);
        var texts = new EncodedBatch(encoder);
        string[] lines = ["other words first", "goods0 colour1", "other words", "OTHER words"];
        foreach (var line in lines)
        {
            texts.Add(line);
        }

        var adopted = new CalibrationFitter(labels, texts, [added, Labels.Codes[0], added, Labels.Codes[0]], Options).Adopt(Fitted);
        Assert.Equal([2, 2, 0], adopted.Assessment!.LabelRows.Take(3));
        Assert.Equal(41, adopted.Assessment.LabelRows.Count);
        Assert.Equal(8, adopted.AmbiguousTexts.Length);
        Assert.NotEqual(Fitted.Words!.Levels, adopted.Words!.Levels);
        Assert.Equal(
            (Fitted.Temperatures, Fitted.Decision, Fitted.Words.MinInformation, Fitted.Rows),
            (adopted.Temperatures, adopted.Decision, adopted.Words.MinInformation, adopted.Rows));
    }

    [Fact]
    public void A_calibration_reads_back_as_written() => Assert.Equal(Fitted.ToJson(), Calibration.Parse(Fitted.ToJson()).ToJson());

    [Fact]
    public void Fitting_again_gives_the_same_bytes() => Assert.Equal(
        Fitted.ToJson(),
        new CalibrationFitter(Labels, Training.Texts, Training.Codes, Options).Fit(HeldOut.Texts, HeldOut.Logits, HeldOut.Codes).ToJson());

    [Fact]
    public void Sorted_by_what_is_printed_more_can_be_decided_and_the_calibration_error_does_not_rise()
    {
        var maker = new DecisionMaker(Fitted);
        var before = Outcomes(Fresh, Fitted.Temperatures, HsLevel.Subheading);
        var after = new List<(float Probability, bool IsRight)>();
        Fresh.Each(Fitted.Temperatures, (row, probabilities) =>
        {
            maker.Decide(probabilities, Fresh.Texts.TokenIds(row), Fresh.Texts.Profile(row), TextIssues.None, (ulong)row, out var printed);
            after.Add((printed.First, before[row].IsRight));
        });
        Assert.True(Share(after) > 1.1 * Share(before), $"{Share(before)} to {Share(after)}");
        var (errorBefore, errorAfter) = (ReliabilityTable.EqualMass(before).Error, ReliabilityTable.EqualMass(after).Error);
        Assert.True(errorAfter < errorBefore && errorAfter < 0.03, $"{errorBefore} to {errorAfter}");

        static double Share(List<(float Probability, bool IsRight)> rows) =>
            PrecisionThreshold.Choose([.. rows], 0.9, PrecisionBound.None, 0.5, 20).Share;
    }

    [Fact]
    public void The_threshold_lies_where_what_is_printed_lies()
    {
        // Short texts are never right, which the chance knows; what is printed cannot fall below an even share of all codes.
        var unknown = HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings[^1];
        var codes = HeldOut.Codes.Select((code, row) => row % 3 == 0 ? unknown : code).ToArray();
        var options = Options with { SubheadingPrecision = 0.05, Bound = PrecisionBound.None };
        var fitted = new CalibrationFitter(Labels, Training.Texts, Training.Codes, options).Fit(HeldOut.Texts, HeldOut.Logits, codes);

        Assert.True(fitted.Decision.Subheading.Share > 0.99, $"{fitted.Decision.Subheading}");
        Assert.True(fitted.Decision.Subheading.Probability >= 1f / Labels.Count, $"{fitted.Decision.Subheading}");
    }

    [Fact]
    public void Rows_of_two_networks_are_fitted_together()
    {
        // The second network has a label less, so its scores lie elsewhere.
        var labels = new LabelTable([.. Labels.Codes.Take(Labels.Count - 1)], NomenclatureEdition.Hs2022);
        var second = new CalibrationFitter(labels, Training.Texts, Training.Codes, Options);
        var first = new CalibrationFitter(Labels, Training.Texts, Training.Codes, Options);
        var rows = Rows.Draw(4, 1000);
        var narrow = Enumerable.Range(0, 1000).SelectMany(row => rows.Logits.Skip(row * Labels.Count).Take(labels.Count)).ToArray();
        var both = CalibrationFitter.Fit(
            [new(first, HeldOut.Texts, HeldOut.Logits, HeldOut.Codes), new(second, rows.Texts, narrow, rows.Codes)]);

        Assert.Equal(4000, both.Rows);
        Assert.Equal(Fitted.Temperatures.Subheading, both.Temperatures.Subheading, 0.3f);
        Assert.Equal(Fitted.ForCoverage(0.9)!.Heading, both.ForCoverage(0.9)!.Heading, 0.05f);
        Assert.NotEqual(Fitted.ForCoverage(0.9), both.ForCoverage(0.9));
        Assert.Throws<ArgumentException>(() => CalibrationFitter.Fit([new(second, HeldOut.Texts, HeldOut.Logits, HeldOut.Codes)]));
    }

    [Fact]
    public void No_rows_are_refused() =>
        Assert.Throws<ArgumentException>(() => new CalibrationFitter(Labels, null, [], Options).Fit(new EncodedBatch(Training.Texts.Encoder), default, []));

    private static double LogLoss(Rows rows, Temperatures temperatures)
    {
        var loss = 0.0;
        rows.Each(temperatures, (row, probabilities) => loss -= Math.Log(Math.Max(probabilities.Subheadings[Labels.Find(rows.Codes[row])], 1e-12)));
        return loss;
    }

    private static List<HsCode> CodesAt(HsLevel level) =>
        [.. level == HsLevel.Subheading ? Labels.Codes : level == HsLevel.Heading ? Labels.Headings : Labels.Chapters];

    private static List<(float Probability, bool IsRight)> Outcomes(Rows rows, Temperatures temperatures, HsLevel level)
    {
        var outcomes = new List<(float, bool)>();
        rows.Each(temperatures, (row, probabilities) =>
        {
            var best = probabilities.BestAt(level);
            outcomes.Add((probabilities.At(level)[best], CodesAt(level)[best] == rows.Codes[row].AtLevel(level)));
        });
        return outcomes;
    }

    /// <summary>A row's honest scores are drawn, its truth from them, and the model says three times the scores.</summary>
    private sealed record Rows(EncodedBatch Texts, float[] Logits, IReadOnlyList<HsCode> Codes)
    {
        private static readonly DescriptionEncoder Encoder = EncoderFitter.Fit(
            Features.Texts.Small with { Tokens = Features.Texts.Small.Tokens with { Vocabulary = 256 } },
            Enumerable.Range(0, 40).SelectMany(i => new[] { $"goods{i} colour{i % 5}", $"goods{i} size{i % 3}" }));

        public static Rows Draw(int seed, int count)
        {
            var random = new Random(seed);
            var texts = new EncodedBatch(Encoder);
            var logits = new float[count * Labels.Count];
            var codes = new List<HsCode>();
            var honest = new float[Labels.Count];
            for (var row = 0; row < count; row++)
            {
                var truth = random.Next(Labels.Count);
                var isShort = row % 3 == 0;
                var scores = logits.AsSpan(row * Labels.Count, Labels.Count);
                for (var i = 0; i < scores.Length; i++)
                {
                    scores[i] = (float)(3 * random.NextDouble());
                }

                scores[truth] += (float)(7 * random.NextDouble());
                Softmax.Write(scores, 1, honest, out _);
                var (label, left) = (0, random.NextDouble());
                while (label < Labels.Count - 1 && (left -= honest[label]) > 0)
                {
                    label++;
                }

                // A short text is right half as often as its scores say.
                label = isShort && random.Next(2) == 0 ? random.Next(Labels.Count) : label;
                codes.Add(Labels.Codes[label]);
                texts.Add(isShort ? $"colour{row % 5}" : $"goods{label} colour{row % 5} size{row % 3}");
                foreach (ref var score in scores)
                {
                    score *= 3;
                }
            }

            return new Rows(texts, logits, codes);
        }

        public void Each(Temperatures temperatures, Action<int, RowProbabilities> visit)
        {
            var probabilities = new RowProbabilities(Labels);
            for (var row = 0; row < Codes.Count; row++)
            {
                probabilities.Compute(Logits.AsSpan(row * Labels.Count, Labels.Count), temperatures);
                visit(row, probabilities);
            }
        }
    }
}
