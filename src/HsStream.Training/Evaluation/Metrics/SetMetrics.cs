using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Evaluation.Metrics;

/// <summary>Whether the conformal sets of a level hold what they promise, and how much they cost to read.</summary>
/// <param name="Promised">Share of rows whose set should hold the true code.</param>
/// <param name="Covered">Share whose set does.</param>
/// <param name="OneCode">Share of sets with one code only.</param>
public sealed record SetMetrics(HsLevel Level, double Promised, double Covered, double MeanSize, double MedianSize, double OneCode)
{
    /// <summary>One entry a level, from six digits up; empty when the model gives no sets.</summary>
    public static IReadOnlyList<SetMetrics> Of(IReadOnlyList<EvaluatedRow> rows)
    {
        var sets = rows.Select(row => row.Sets).OfType<SetOutcomes>().ToList();
        return sets.Count == 0 ? [] : [.. new[] { HsLevel.Subheading, HsLevel.Heading, HsLevel.Chapter }.Select(level =>
        {
            var sizes = sets.Select(set => set.At(level).Size).Order().ToList();
            return new SetMetrics(
                level, sets[0].Coverage, Share.Of(sets, set => set.At(level).IsCovered), sizes.Average(),
                (sizes[(sizes.Count - 1) / 2] + sizes[sizes.Count / 2]) / 2.0, Share.Of(sizes, size => size == 1));
        })];
    }
}
