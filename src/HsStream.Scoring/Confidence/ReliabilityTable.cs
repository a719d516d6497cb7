namespace HsStream.Scoring.Confidence;

/// <summary>Rows of similar probability: what was said and what came true.</summary>
/// <param name="From">Smallest probability in the bin.</param>
/// <param name="MeanProbability">What was said.</param>
/// <param name="Accuracy">What came true.</param>
public sealed record ReliabilityBin(double From, double To, int Rows, double MeanProbability, double Accuracy);

/// <summary>How far stated probabilities are from what comes true.</summary>
public sealed class ReliabilityTable
{
    private ReliabilityTable(IReadOnlyList<ReliabilityBin> bins)
    {
        Bins = bins;
        var rows = bins.Sum(bin => bin.Rows);
        Error = rows == 0 ? 0 : bins.Sum(bin => bin.Rows * Math.Abs(bin.MeanProbability - bin.Accuracy)) / rows;
        LargestError = bins.Count == 0 ? 0 : bins.Max(bin => Math.Abs(bin.MeanProbability - bin.Accuracy));
    }

    public IReadOnlyList<ReliabilityBin> Bins { get; }

    /// <summary>Expected calibration error: the mean distance, weighted by rows (Naeini and others, https://doi.org/10.1609/aaai.v29i1.9602).</summary>
    public double Error { get; }

    public double LargestError { get; }

    /// <summary>Bins of equal width; empty ones are left out.</summary>
    public static ReliabilityTable EqualWidth(IReadOnlyList<(float Probability, bool IsRight)> rows, int bins = 15) =>
        new([.. rows.GroupBy(row => Math.Min((int)(row.Probability * bins), bins - 1)).OrderBy(group => group.Key)
            .Select(group => Bin((double)group.Key / bins, (group.Key + 1.0) / bins, [.. group]))]);

    /// <summary>Bins of equally many rows, so that none rests on a handful (adaptive calibration error, Nixon and others, https://arxiv.org/abs/1904.01685).</summary>
    public static ReliabilityTable EqualMass(IReadOnlyList<(float Probability, bool IsRight)> rows, int bins = 15)
    {
        var sorted = rows.OrderBy(row => row.Probability).ToArray();
        var table = new List<ReliabilityBin>();
        for (var bin = 0; bin < bins; bin++)
        {
            var part = sorted[(int)((long)sorted.Length * bin / bins)..(int)((long)sorted.Length * (bin + 1) / bins)];
            if (part.Length > 0)
            {
                table.Add(Bin(part[0].Probability, part[^1].Probability, part));
            }
        }

        return new ReliabilityTable(table);
    }

    private static ReliabilityBin Bin(double from, double to, (float Probability, bool IsRight)[] rows) =>
        new(from, to, rows.Length, rows.Average(row => (double)row.Probability), rows.Average(row => row.IsRight ? 1.0 : 0.0));
}
