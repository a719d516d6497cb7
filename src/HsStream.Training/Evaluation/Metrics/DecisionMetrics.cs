using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;

namespace HsStream.Training.Evaluation.Metrics;

/// <summary>What the model's own decisions come to: its thresholds were fixed before, on rows of the training part.</summary>
/// <param name="AutoShare">Rows decided without a person.</param>
/// <param name="AutoPrecision">Of those, the share with the right subheading; null when there are none.</param>
/// <param name="BackedOffToHeading">Rows sent to review with a heading that is sure enough, of all; likewise for chapters.</param>
/// <param name="HeadingPrecision">Of those, the share with the right heading; null when there are none.</param>
/// <param name="Reasons">Share of all rows that went to review for each reason; a row may have several.</param>
public sealed record DecisionMetrics(
    double AutoShare, double? AutoPrecision, double BackedOffToHeading, double? HeadingPrecision,
    double BackedOffToChapter, double? ChapterPrecision, IReadOnlyList<ReasonShare> Reasons)
{
    /// <summary>Rows that a person looks at.</summary>
    public double ReviewRate => 1 - AutoShare;

    /// <summary>Null when the model makes no decisions.</summary>
    public static DecisionMetrics? Of(IReadOnlyList<EvaluatedRow> rows)
    {
        var decided = rows.Where(row => row.Decision is not null).ToList();
        if (decided.Count == 0) { return null; }
        var (auto, autoPrecision) = At(decided, HsLevel.Subheading);
        var (heading, headingPrecision) = At(decided, HsLevel.Heading);
        var (chapter, chapterPrecision) = At(decided, HsLevel.Chapter);
        return new DecisionMetrics(
            auto, autoPrecision, heading, headingPrecision, chapter, chapterPrecision,
            [.. Enum.GetValues<DecisionReasons>()
                .Where(reason => reason is not (DecisionReasons.None or DecisionReasons.Confident))
                .Select(reason => new ReasonShare(reason, Share.Of(decided, row => row.Decision!.Reasons.HasFlag(reason))))
                .Where(reason => reason.Share > 0)]);
    }

    private static (double Share, double? Precision) At(List<EvaluatedRow> rows, HsLevel level)
    {
        var at = rows.Where(row => row.Decision!.Level == level && (level != HsLevel.Subheading || row.Decision.Outcome == Outcome.Auto)).ToList();
        return ((double)at.Count / rows.Count, at.Count == 0 ? null : Share.Of(at, row => row.Decision!.Code == row.Truth.AtLevel(level)));
    }
}

public sealed record ReasonShare(DecisionReasons Reason, double Share);
