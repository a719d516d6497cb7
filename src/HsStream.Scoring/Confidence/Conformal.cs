namespace HsStream.Scoring.Confidence;

/// <summary>How a label is judged for a prediction set.</summary>
public enum ConformalMethod
{
    /// <summary>By its probability: the smallest sets on average (Sadinle, Lei and Wasserman, https://arxiv.org/abs/1609.00451).</summary>
    LeastAmbiguous,

    /// <summary>By the probability of all likelier labels: larger sets for harder texts (Romano, Sesia and Candès, https://arxiv.org/abs/2006.02544).</summary>
    Adaptive,

    /// <summary>As <see cref="Adaptive"/> with a price on every rank past the first few (Angelopoulos and others, https://arxiv.org/abs/2009.14193).</summary>
    RegularizedAdaptive,
}

/// <summary>Largest score that is still in the set, at each level, for one promised coverage.</summary>
/// <param name="Coverage">Share of descriptions whose true code the set holds, on average over descriptions like those of the calibration.</param>
public sealed record ConformalThresholds(double Coverage, float Subheading, float Heading, float Chapter)
{
    public float At(Domain.Nomenclature.HsLevel level) => level switch
    {
        Domain.Nomenclature.HsLevel.Subheading => Subheading,
        Domain.Nomenclature.HsLevel.Heading => Heading,
        _ => Chapter,
    };
}

/// <summary>Split conformal prediction over one level's probabilities.</summary>
/// <remarks>
/// The likeliest label has score 0 in every method, so a set is never empty, and the quantile knows it: forcing the label
/// in afterwards would cover more than promised. Equal probabilities rank by index. The adaptive scores are without the
/// paper's random part: the same text always gets the same set.
/// </remarks>
internal static class Conformal
{
    /// <summary>Score of a row whose true label the model does not know: no threshold below <see cref="Everything"/> covers it.</summary>
    public const float Unknown = float.MaxValue;

    /// <summary>A threshold that every label of the model passes.</summary>
    public const float Everything = 1e9f;

    // From the paper's experiments; the sets hardly depend on them while the penalty is small.
    private const float RankPenalty = 0.01f;
    private const int FreeRanks = 5;

    /// <summary>The score of a label: 0 for the likeliest, larger for less likely ones.</summary>
    /// <param name="label">-1 for a label that the model does not know.</param>
    public static float Score(ReadOnlySpan<float> probabilities, int label, ConformalMethod method)
    {
        if (label < 0)
        {
            return Unknown;
        }

        var p = probabilities[label];
        var (before, rank) = (0.0, 0);
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] > p || (probabilities[i] == p && i < label))
            {
                before += probabilities[i];
                rank++;
            }
        }

        return method switch
        {
            _ when rank == 0 => 0,
            ConformalMethod.LeastAmbiguous => 1 - p,
            _ => Adaptive((float)before, rank, method),
        };
    }

    /// <summary>Writes the labels of the set, likeliest first.</summary>
    /// <param name="order">Scratch and result, as long as the probabilities.</param>
    /// <returns>Labels in the set; at least 1.</returns>
    public static int Set(ReadOnlySpan<float> probabilities, float threshold, ConformalMethod method, Span<ulong> order)
    {
        var n = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (method != ConformalMethod.LeastAmbiguous || 1 - probabilities[i] <= threshold)
            {
                order[n++] = Key(probabilities[i], i);
            }
        }

        if (n == 0)
        {
            var best = 0;
            for (var i = 1; i < probabilities.Length; i++)
            {
                best = probabilities[i] > probabilities[best] ? i : best;
            }

            order[0] = Key(probabilities[best], best);
            return 1;
        }

        order[..n].Sort();
        if (method == ConformalMethod.LeastAmbiguous)
        {
            return n;
        }

        var before = 0.0;
        for (var rank = 0; rank < n; rank++)
        {
            if (rank > 0 && Adaptive((float)before, rank, method) > threshold)
            {
                return rank;
            }

            before += probabilities[LabelOf(order[rank])];
        }

        return n;
    }

    public static int LabelOf(ulong key) => (int)(uint)key;

    /// <summary>The finite-sample quantile of the calibration scores: the ceil((n + 1) coverage)-th smallest.</summary>
    /// <returns><see cref="Everything"/> when n is too small for the coverage or too many labels are unknown.</returns>
    /// <remarks>Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; the + 1 stands for the new description itself.</remarks>
    public static float Quantile(Span<float> scores, double coverage)
    {
        scores.Sort();
        var k = (int)Math.Ceiling((scores.Length + 1) * coverage - 1e-9);
        return k > scores.Length ? Everything : Math.Min(scores[Math.Max(k, 1) - 1], Everything);
    }

    private static float Adaptive(float before, int rank, ConformalMethod method) =>
        method == ConformalMethod.Adaptive ? before : before + (RankPenalty * Math.Max(0, rank + 1 - FreeRanks));

    // Sorts by falling probability, then by rising index.
    private static ulong Key(float p, int index) => ((ulong)~BitConverter.SingleToUInt32Bits(p) << 32) | (uint)index;
}
