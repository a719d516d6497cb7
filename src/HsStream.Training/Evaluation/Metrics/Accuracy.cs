using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Evaluation.Metrics;

/// <summary>Share of rows whose true code is among the first one, three and five codes of a level.</summary>
/// <param name="ByLevelProbability">Top 1 of the level's own probabilities, which add up over all codes below.</param>
public sealed record LevelAccuracy(double Top1, double Top3, double Top5, double ByLevelProbability);

/// <summary>How often a model is right.</summary>
/// <param name="Subheading">Six digits.</param>
/// <param name="Heading">Four digits; the codes of the ranking cut to four and each counted once.</param>
/// <param name="MacroF1">Mean of the subheadings' F1 over the codes that occur as truth: rare codes count as much as common ones.</param>
public sealed record Accuracy(int Rows, int Codes, LevelAccuracy Subheading, LevelAccuracy Heading, LevelAccuracy Chapter, double MacroF1)
{
    public static Accuracy Of(IReadOnlyList<EvaluatedRow> rows) => new(
        rows.Count,
        rows.Select(row => row.Truth).Distinct().Count(),
        AtLevel(rows, HsLevel.Subheading, row => row.Best(HsLevel.Subheading)),
        AtLevel(rows, HsLevel.Heading, row => row.Heading.Code),
        AtLevel(rows, HsLevel.Chapter, row => row.Chapter.Code),
        MacroF1Of(rows));

    public LevelAccuracy At(HsLevel level) => level switch
    {
        HsLevel.Subheading => Subheading,
        HsLevel.Heading => Heading,
        _ => Chapter,
    };

    /// <remarks>A code that is predicted but never true lowers the F1 of the codes it was taken for and has none of its own.</remarks>
    public static double MacroF1Of(IReadOnlyList<EvaluatedRow> rows)
    {
        var counts = new Dictionary<HsCode, (int Right, int Truths, int Guesses)>();
        foreach (var row in rows)
        {
            var truth = counts.GetValueOrDefault(row.Truth);
            counts[row.Truth] = truth with { Truths = truth.Truths + 1, Right = truth.Right + (row.IsRight(HsLevel.Subheading) ? 1 : 0) };
            if (row.Best(HsLevel.Subheading) is not { } best) { continue; }
            var guess = counts.GetValueOrDefault(best);
            counts[best] = guess with { Guesses = guess.Guesses + 1 };
        }

        var scores = counts.Values.Where(c => c.Truths > 0).Select(c => 2.0 * c.Right / (c.Truths + c.Guesses)).ToList();
        return scores.Count == 0 ? 0 : scores.Average();
    }

    private static LevelAccuracy AtLevel(IReadOnlyList<EvaluatedRow> rows, HsLevel level, Func<EvaluatedRow, HsCode?> ownBest) => new(
        Share.Of(rows, row => row.IsAmong(level, 1)),
        Share.Of(rows, row => row.IsAmong(level, 3)),
        Share.Of(rows, row => row.IsAmong(level, 5)),
        Share.Of(rows, row => ownBest(row) == row.Truth.AtLevel(level)));
}

internal static class Share
{
    /// <summary>0 when there are no rows.</summary>
    public static double Of<T>(IReadOnlyCollection<T> rows, Func<T, bool> isSo) => rows.Count == 0 ? 0 : (double)rows.Count(isSo) / rows.Count;
}
