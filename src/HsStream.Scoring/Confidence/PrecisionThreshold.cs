namespace HsStream.Scoring.Confidence;

/// <summary>What the precision of a threshold must exceed its target by.</summary>
public enum PrecisionBound
{
    /// <summary>The measured share of right answers itself.</summary>
    None,

    /// <summary>One-sided lower limit of Wilson's score interval (https://doi.org/10.1080/01621459.1927.10502953).</summary>
    Wilson,

    /// <summary>One-sided exact lower limit (Clopper and Pearson, https://doi.org/10.1093/biomet/26.4.404).</summary>
    ClopperPearson,
}

/// <summary>From which probability on a level is decided without a person.</summary>
/// <param name="PrecisionTarget">Share of right answers that was asked for among those decided.</param>
/// <param name="Probability">Null when no threshold reached the target on enough rows: then the level is never decided.</param>
/// <param name="Precision">Measured above the threshold on the calibration rows.</param>
/// <param name="Share">Calibration rows above the threshold, of all.</param>
public sealed record LevelThreshold(double PrecisionTarget, float? Probability, double Precision, double Share)
{
    public static LevelThreshold Never(double target) => new(target, null, 0, 0);

    public bool Allows(float probability) => probability >= Probability;
}

internal static class PrecisionThreshold
{
    /// <summary>
    /// The smallest probability such that, of the rows at or above it, the lower limit of the share that is right is at least the target.
    /// </summary>
    /// <param name="rows">The level's highest probability of each row, and whether it was right. Reordered.</param>
    /// <param name="confidence">One-sided, such as 0.9.</param>
    /// <param name="minimumRows">Fewer rows above a threshold prove nothing.</param>
    public static LevelThreshold Choose(
        Span<(float Probability, bool IsRight)> rows, double target, PrecisionBound bound, double confidence, int minimumRows)
    {
        rows.Sort((a, b) => b.Probability.CompareTo(a.Probability));
        var best = LevelThreshold.Never(target);
        var right = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            right += rows[i].IsRight ? 1 : 0;
            var isLastOfEquals = i + 1 == rows.Length || rows[i + 1].Probability < rows[i].Probability;
            if (isLastOfEquals && i + 1 >= minimumRows && LowerLimit(right, i + 1, bound, confidence) >= target)
            {
                best = new LevelThreshold(target, rows[i].Probability, (double)right / (i + 1), (double)(i + 1) / rows.Length);
            }
        }

        return best;
    }

    /// <summary>Lower limit of a proportion.</summary>
    public static double LowerLimit(int right, int rows, PrecisionBound bound, double confidence) => bound switch
    {
        PrecisionBound.None => (double)right / rows,
        PrecisionBound.Wilson => Wilson(right, rows, NormalQuantile(confidence)),
        _ => ClopperPearson(right, rows, 1 - confidence),
    };

    private static double Wilson(int right, int rows, double z)
    {
        var p = (double)right / rows;
        var z2 = z * z / rows;
        return (p + (z2 / 2) - (z * Math.Sqrt(((p * (1 - p)) + (z2 / 4)) / rows))) / (1 + z2);
    }

    /// <summary>The p at which seeing so many right ones, or more, has probability alpha; found by halving.</summary>
    private static double ClopperPearson(int right, int rows, double alpha)
    {
        if (right == 0)
        {
            return 0;
        }

        double low = 0, high = 1;
        for (var i = 0; i < 60; i++)
        {
            var p = (low + high) / 2;
            (low, high) = UpperTail(right, rows, p) < alpha ? (p, high) : (low, p);
        }

        return low;
    }

    /// <summary>P(X >= k) of a binomial, from the largest term outwards in logarithms.</summary>
    private static double UpperTail(int k, int n, double p)
    {
        if (p <= 0 || p >= 1)
        {
            return p <= 0 ? 0 : 1;
        }

        var log = LogChoose(n, k) + (k * Math.Log(p)) + ((n - k) * Math.Log(1 - p));
        double term = 1, sum = 1;
        for (var i = k; i < n && term > 1e-17 * sum; i++)
        {
            term *= (n - i) / (i + 1.0) * (p / (1 - p));
            sum += term;
        }

        return Math.Exp(log + Math.Log(sum));
    }

    private static double LogChoose(int n, int k)
    {
        var log = 0.0;
        for (var i = 1; i <= Math.Min(k, n - k); i++)
        {
            log += Math.Log((double)(n - i + 1) / i);
        }

        return log;
    }

    /// <summary>Quantile of the standard normal for 0.5 to 1, by halving the complementary error function (Abramowitz and Stegun 7.1.26 is not exact enough).</summary>
    private static double NormalQuantile(double probability)
    {
        double low = 0, high = 10;
        for (var i = 0; i < 80; i++)
        {
            var z = (low + high) / 2;
            (low, high) = NormalUpper(z) > 1 - probability ? (z, high) : (low, z);
        }

        return low;
    }

    /// <summary>P(Z > z) for z >= 0: series near 0, continued fraction in the tail (Abramowitz and Stegun 26.2.10 and 26.2.14).</summary>
    private static double NormalUpper(double z)
    {
        var density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        if (z < 3)
        {
            double term = z, sum = z;
            for (var k = 1; k < 60; k++)
            {
                term *= z * z / ((2 * k) + 1);
                sum += term;
            }

            return 0.5 - (density * sum);
        }

        var fraction = z;
        for (var k = 60; k >= 1; k--)
        {
            fraction = z + (k / fraction);
        }

        return density / fraction;
    }
}
