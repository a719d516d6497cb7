using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;

namespace HsStream.Training.Evaluation.Metrics;

/// <summary>Every figure of one model on one set of rows.</summary>
/// <param name="Reliability">Of the best subheading's probability, in bins of equally many rows.</param>
/// <param name="ChanceReliability">Of the chance that decisions are made by; null when the model makes none.</param>
/// <param name="ByProbability">Precision and coverage when rows are sorted by the best subheading's probability.</param>
/// <param name="ByChance">The same by the decision's chance; null when the model makes no decisions.</param>
public sealed record EvaluationMetrics(
    Accuracy Accuracy, BootstrapIntervals Intervals, CalibrationMetrics Reliability, CalibrationMetrics? ChanceReliability,
    PrecisionCoverage ByProbability, PrecisionCoverage? ByChance, DecisionMetrics? Decisions, IReadOnlyList<SetMetrics> Sets,
    IReadOnlyList<ChapterRow> Chapters, ChapterConfusion Confusion)
{
    /// <param name="seed">Of the resampling.</param>
    /// <exception cref="ArgumentException">There are no rows.</exception>
    public static EvaluationMetrics Of(IReadOnlyList<EvaluatedRow> rows, long seed)
    {
        if (rows.Count == 0) { throw new ArgumentException("Expected rows to evaluate, got none."); }
        var byProbability = rows.Select(row => (row.Ranking.Count == 0 ? 0 : row.Ranking[0].Probability, row.IsRight(HsLevel.Subheading))).ToList();
        var byChance = rows.Where(row => row.Decision is not null).Select(row => (row.Decision!.SubheadingChance, row.IsRight(HsLevel.Subheading))).ToList();
        return new EvaluationMetrics(
            Accuracy.Of(rows),
            BootstrapIntervals.Of(rows, seed),
            CalibrationMetrics.Of(byProbability),
            byChance.Count == 0 ? null : CalibrationMetrics.Of(byChance),
            PrecisionCoverage.Of(byProbability),
            byChance.Count == 0 ? null : PrecisionCoverage.Of(byChance),
            DecisionMetrics.Of(rows),
            SetMetrics.Of(rows),
            ChapterRow.Table(rows),
            ChapterConfusion.Of(rows));
    }
}

/// <summary>How far stated probabilities are from what comes true.</summary>
/// <param name="Error">Expected calibration error: mean distance, weighted by rows.</param>
public sealed record CalibrationMetrics(double Error, double LargestError, IReadOnlyList<ReliabilityBin> Bins)
{
    public static CalibrationMetrics Of(IReadOnlyList<(float Probability, bool IsRight)> rows)
    {
        var table = ReliabilityTable.EqualMass(rows);
        return new CalibrationMetrics(table.Error, table.LargestError, table.Bins);
    }
}
