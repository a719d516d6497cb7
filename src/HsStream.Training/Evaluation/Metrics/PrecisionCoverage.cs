namespace HsStream.Training.Evaluation.Metrics;

/// <summary>Of the rows a model is surest of, how many are right: the trade between work saved and errors let through.</summary>
/// <param name="Points">Thinned out for drawing; by rising coverage.</param>
/// <param name="Shares">Largest share that can be decided at a precision, with the threshold chosen on these very rows: what the ranking by confidence allows at best.</param>
public sealed record PrecisionCoverage(IReadOnlyList<CoveragePoint> Points, IReadOnlyList<ShareAtPrecision> Shares)
{
    /// <summary>Below so many rows the precision jumps with every one.</summary>
    private const int FewestRowsDrawn = 20;

    private static readonly double[] Precisions = [0.80, 0.85, 0.90, 0.95, 0.98];

    /// <param name="rows">Confidence in the best code, and whether it was right.</param>
    public static PrecisionCoverage Of(IEnumerable<(float Confidence, bool IsRight)> rows, int points = 100)
    {
        var sorted = rows.OrderByDescending(row => row.Confidence).ToArray();
        var all = new List<CoveragePoint>(sorted.Length);
        var right = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            right += sorted[i].IsRight ? 1 : 0;

            // Equal confidences are decided together or not at all.
            if (i + 1 < sorted.Length && sorted[i + 1].Confidence == sorted[i].Confidence) { continue; }
            all.Add(new CoveragePoint((i + 1.0) / sorted.Length, (double)right / (i + 1), sorted[i].Confidence));
        }

        var drawn = all.Where(point => point.Coverage * sorted.Length >= FewestRowsDrawn).DefaultIfEmpty(all.LastOrDefault()).OfType<CoveragePoint>().ToList();
        var step = Math.Max(1, drawn.Count / points);
        return new PrecisionCoverage(
            [.. drawn.Where((_, i) => i % step == 0 || i == drawn.Count - 1)],
            [.. Precisions.Select(precision => new ShareAtPrecision(precision, all.LastOrDefault(point => point.Precision >= precision)?.Coverage ?? 0))]);
    }

    /// <summary>Share decided at this precision, one of 0.80, 0.85, 0.90, 0.95 and 0.98.</summary>
    public double ShareAt(double precision) => Shares.Single(share => share.Precision == precision).Share;
}

/// <param name="Coverage">Share of rows at or above the confidence.</param>
/// <param name="Precision">Of those, the share that is right.</param>
public sealed record CoveragePoint(double Coverage, double Precision, double Confidence);

public sealed record ShareAtPrecision(double Precision, double Share);
