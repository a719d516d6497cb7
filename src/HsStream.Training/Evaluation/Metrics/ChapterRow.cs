using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;

namespace HsStream.Training.Evaluation.Metrics;

/// <summary>How a model does on the descriptions whose true chapter this is.</summary>
/// <param name="AutoShare">Rows decided without a person.</param>
/// <param name="AutoPrecision">Of those, the rows with the right subheading; null when there are none.</param>
/// <param name="LargestConfusion">The chapter most often taken for it; null when it was never mistaken.</param>
public sealed record ChapterRow(
    HsCode Chapter, int Rows, double Subheading, double Heading, double ChapterTop1, double AutoShare, double? AutoPrecision, HsCode? LargestConfusion)
{
    /// <summary>One row a chapter, ascending.</summary>
    public static IReadOnlyList<ChapterRow> Table(IReadOnlyList<EvaluatedRow> rows) =>
        [.. rows.GroupBy(row => row.Truth.Chapter).OrderBy(group => group.Key).Select(group => Of(group.Key, [.. group]))];

    private static ChapterRow Of(HsCode chapter, IReadOnlyList<EvaluatedRow> rows)
    {
        var decided = rows.Where(row => row.Decision?.Outcome == Outcome.Auto).ToList();
        return new ChapterRow(
            chapter,
            rows.Count,
            Share.Of(rows, row => row.IsRight(HsLevel.Subheading)),
            Share.Of(rows, row => row.IsRight(HsLevel.Heading)),
            Share.Of(rows, row => row.IsRight(HsLevel.Chapter)),
            (double)decided.Count / rows.Count,
            decided.Count == 0 ? null : Share.Of(decided, row => row.IsRight(HsLevel.Subheading)),
            rows.Select(row => row.Best(HsLevel.Chapter)).Where(best => best is not null && best != chapter)
                .GroupBy(best => best).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).FirstOrDefault()?.Key);
    }
}

/// <summary>Which chapters are taken for which, over the chapters with most rows.</summary>
/// <param name="Chapters">Most rows first.</param>
/// <param name="Counts">Rows by true chapter, then by predicted one; the last column is all other chapters.</param>
public sealed record ChapterConfusion(IReadOnlyList<HsCode> Chapters, IReadOnlyList<IReadOnlyList<int>> Counts)
{
    public static ChapterConfusion Of(IReadOnlyList<EvaluatedRow> rows, int chapters = 15)
    {
        var largest = rows.GroupBy(row => row.Truth.Chapter).OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Take(chapters).Select(group => group.Key).ToList();
        var counts = largest.Select(_ => new int[largest.Count + 1]).ToArray();
        foreach (var row in rows)
        {
            var truth = largest.IndexOf(row.Truth.Chapter);
            if (truth < 0) { continue; }
            var best = row.Best(HsLevel.Chapter) is { } code ? largest.IndexOf(code) : -1;
            counts[truth][best < 0 ? largest.Count : best]++;
        }

        return new ChapterConfusion(largest, counts);
    }
}
