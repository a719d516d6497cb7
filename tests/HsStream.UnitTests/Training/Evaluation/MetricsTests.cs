using CsCheck;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Training.Evaluation.Metrics;
using Xunit;
using static HsStream.UnitTests.Training.Evaluation.Answers;

namespace HsStream.UnitTests.Training.Evaluation;

public sealed class MetricsTests
{
    [Fact]
    public void Prefixes_count_once_in_rank_order()
    {
        // Headings in rank order: 9401, 9403, 9405; chapters: 94, 39.
        var row = Row("392410", "940180 940161 940360 940179 940520 392410");
        Assert.Equal((false, false, false), (row.IsAmong(HsLevel.Subheading, 1), row.IsAmong(HsLevel.Subheading, 3), row.IsAmong(HsLevel.Subheading, 5)));
        Assert.True(row.IsAmong(HsLevel.Subheading, 6));
        Assert.False(row.IsAmong(HsLevel.Heading, 3));
        Assert.True(row.IsAmong(HsLevel.Heading, 4));
        Assert.False(row.IsAmong(HsLevel.Chapter, 1));
        Assert.True(row.IsAmong(HsLevel.Chapter, 2));
    }

    [Fact]
    public void Accuracy_is_the_share_of_rows()
    {
        var accuracy = Accuracy.Of([
            Row("940180", "940180 940161"),
            Row("940161", "940180 940161"),
            Row("392410", "940180 940161 392410"),
            Row("392410", ""),
        ]);
        Assert.Equal((4, 3), (accuracy.Rows, accuracy.Codes));
        Assert.Equal(new LevelAccuracy(0.25, 0.75, 0.75, 0.25), accuracy.Subheading);
        Assert.Equal(new LevelAccuracy(0.5, 0.75, 0.75, 0.5), accuracy.Heading);
    }

    [Fact]
    public void The_level_by_its_own_probability_may_be_right_where_the_ranking_is_wrong()
    {
        var accuracy = Accuracy.Of([Row("940161", "392410:0.4 940180:0.3 940161:0.3")]);
        Assert.Equal(0, accuracy.Heading.Top1);
        Assert.Equal(1, accuracy.Heading.ByLevelProbability);
        Assert.Equal(0, accuracy.Subheading.ByLevelProbability);
    }

    [Fact]
    public void Macro_F1_averages_over_the_codes_of_the_truth()
    {
        // 940180: 1 right, 2 true, 2 guessed: 2/4. 940161: none right. 392410: 1 of 1 and 1. 950300 is guessed only and does not count.
        var rows = new[] { Row("940180", "940180"), Row("940180", "950300"), Row("940161", "940180"), Row("392410", "392410") };
        Assert.Equal((0.5 + 0 + 1) / 3, Accuracy.MacroF1Of(rows), 12);
    }

    [Fact]
    public void The_chapter_table_counts_by_the_true_chapter()
    {
        var table = ChapterRow.Table([
            Row("940180", "940180", 0.95f),
            Row("940161", "940180", 0.95f),
            Row("940360", "392410", 0.2f),
            Row("392410", "392410", 0.6f),
        ]);
        Assert.Equal(
            [
                new ChapterRow(HsCode.Parse("39"), 1, 1, 1, 1, 0, null, null),
                new ChapterRow(HsCode.Parse("94"), 3, 1 / 3.0, 2 / 3.0, 2 / 3.0, 2 / 3.0, 0.5, HsCode.Parse("39")),
            ],
            table);
    }

    [Fact]
    public void Confusion_is_between_the_largest_chapters_and_all_others()
    {
        var confusion = ChapterConfusion.Of([Row("940180", "940180"), Row("940180", "392410"), Row("940180", "010121"), Row("392410", "940180"), Row("950300", "950300")], 2);
        Assert.Equal(["94", "39"], confusion.Chapters.Select(c => c.ToString()));
        Assert.Equal([[1, 1, 1], [1, 0, 0]], confusion.Counts);
    }

    [Fact]
    public void Share_at_a_precision_is_the_longest_prefix_that_reaches_it()
    {
        // By falling confidence: right, right, wrong, right, right, right, right, right, right, right, wrong: 9 of 10 at most.
        var curve = PrecisionCoverage.Of("rrwrrrrrrrw".Select((c, i) => (1 - (i * 0.01f), c == 'r')));
        Assert.Equal(10 / 11.0, curve.ShareAt(0.90), 12);
        Assert.Equal(2 / 11.0, curve.ShareAt(0.95), 12);
        Assert.Equal(0.0, PrecisionCoverage.Of([(0.9f, false)]).ShareAt(0.90));
    }

    [Fact]
    public void Equal_confidences_are_decided_together()
    {
        var curve = PrecisionCoverage.Of([(0.9f, true), (0.5f, true), (0.5f, false), (0.5f, false)]);
        Assert.Equal(0.25, curve.ShareAt(0.80));
    }

    [Fact]
    public void Decisions_are_measured_at_the_level_they_are_made_at()
    {
        var decisions = DecisionMetrics.Of([
            Row("940180", "940180", 0.95f),
            Row("940161", "940180", 0.92f),
            Row("940161", "940180", 0.6f),
            Row("940161", "392410", 0.6f),
            Row("940161", "392410", 0.1f),
        ])!;
        Assert.Equal((0.4, 0.5), (decisions.AutoShare, decisions.AutoPrecision));
        Assert.Equal((0.4, 0.5), (decisions.BackedOffToHeading, decisions.HeadingPrecision));
        Assert.Equal(0.6, decisions.ReviewRate, 12);
        Assert.Equal([new(DecisionReasons.LowConfidence, 0.6), new(DecisionReasons.TooVague, 0.2)], decisions.Reasons);
        Assert.Null(DecisionMetrics.Of([Row("940180", "940180")]));
    }

    [Fact]
    public void Sets_are_counted_by_what_they_hold()
    {
        var subheadings = SetMetrics.Of([
            Row("940180", "940180", sets: Sets(1, true)), Row("940180", "940180", sets: Sets(4, true)), Row("940180", "940180", sets: Sets(7, false)), Row("940180", "940180", sets: Sets(8, true)),
        ])[0];
        Assert.Equal(new SetMetrics(HsLevel.Subheading, 0.9, 0.75, 5, 5.5, 0.25), subheadings);
    }

    [Fact]
    public void A_set_that_lists_only_part_of_its_codes_is_not_judged() =>
        Assert.Throws<ArgumentException>(() => SetOutcome.Of(new HsStream.Scoring.Onnx.PredictionSet(3, [HsCode.Parse("940180")]), HsCode.Parse("940180")));

    [Fact]
    public void Intervals_hold_the_value_narrow_with_rows_and_repeat()
    {
        var few = BootstrapIntervals.Of(Rows(50), 7);
        var many = BootstrapIntervals.Of(Rows(2000), 7);
        Assert.Equal(few, BootstrapIntervals.Of(Rows(50), 7));
        Assert.NotEqual(few, BootstrapIntervals.Of(Rows(50), 8));
        foreach (var interval in new[] { few.Subheading, few.Heading, few.Chapter, few.MacroF1, few.AutoShare!, few.AutoPrecision!, many.Subheading })
        {
            Assert.InRange(interval.Value, interval.Low, interval.High);
        }

        // Three of five right: the standard error is sqrt(0.24 / n).
        Assert.Equal(0.6, many.Subheading.Value, 12);
        Assert.InRange(many.Subheading.High - many.Subheading.Low, 0.9 * 2 * 1.96 * Math.Sqrt(0.24 / 2000), 1.1 * 2 * 1.96 * Math.Sqrt(0.24 / 2000));
        Assert.True(few.Subheading.High - few.Subheading.Low > 4 * (many.Subheading.High - many.Subheading.Low));

        static List<EvaluatedRow> Rows(int count) => [.. Enumerable.Range(0, count).Select(i => Row("940180", i % 5 < 3 ? "940180" : "392410", i % 2 == 0 ? 0.95f : 0.1f))];
    }

    [Fact]
    public void Figures_of_any_answers_are_shares_and_grow_with_k() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3].Array[0, 6], Gen.Single[0, 1]).Array[1, 40].Sample(drawn =>
        {
            string[] codes = ["940180", "940161", "392410", "950300"];
            var rows = drawn.Select(d => Row(codes[d.Item1], string.Join(' ', d.Item2.Distinct().Select(i => codes[i])), d.Item3)).ToList();
            var metrics = EvaluationMetrics.Of(rows, 1);
            foreach (var level in new[] { metrics.Accuracy.Subheading, metrics.Accuracy.Heading, metrics.Accuracy.Chapter })
            {
                Assert.True(level.Top1 >= 0 && level.Top1 <= level.Top3 && level.Top3 <= level.Top5 && level.Top5 <= 1);
            }

            Assert.True(metrics.Accuracy.Subheading.Top1 <= metrics.Accuracy.Heading.Top1 && metrics.Accuracy.Heading.Top1 <= metrics.Accuracy.Chapter.Top1);
            Assert.InRange(metrics.Accuracy.MacroF1, 0, 1);
            Assert.Equal(rows.Count, metrics.Chapters.Sum(c => c.Rows));
            Assert.Equal(metrics.Accuracy.Subheading.Top1, metrics.ByProbability.Points[^1].Precision, 9);
            Assert.InRange(metrics.Reliability.Error, 0, 1);
        }, iter: 200);
}
