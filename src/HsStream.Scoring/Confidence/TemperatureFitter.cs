namespace HsStream.Scoring.Confidence;

/// <summary>Finds the temperature at which held-out labels are likeliest (Guo and others, https://arxiv.org/abs/1706.04599), also one that depends on the entropy
/// of the scores (Balanya, Maroñas and Ramos, https://arxiv.org/abs/2208.00461).</summary>
internal static class TemperatureFitter
{
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>Searches T from 0.05 to 20; the loss has one minimum in T.</summary>
    /// <param name="loss">Mean negative log-likelihood at a temperature.</param>
    public static float Fit(Func<float, double> loss) => (float)Math.Exp(Search(logarithm => loss((float)Math.Exp(logarithm)), Math.Log(0.05), Math.Log(20), 3e-3));

    /// <summary>Searches the slope of ln T over entropy, from -1 to 1 a nat.</summary>
    /// <param name="loss">Mean negative log-likelihood at a slope.</param>
    public static float FitSlope(Func<float, double> loss) => (float)Search(slope => loss((float)slope), -1, 1, 3e-3);

    /// <summary>Golden-section search for the minimum of a function that has one.</summary>
    private static double Search(Func<double, double> loss, double low, double high, double tolerance)
    {
        var (a, b) = (high - (GoldenRatio * (high - low)), low + (GoldenRatio * (high - low)));
        var (lossA, lossB) = (loss(a), loss(b));
        while (high - low > tolerance)
        {
            if (lossA <= lossB)
            {
                (high, b, lossB) = (b, a, lossA);
                a = high - (GoldenRatio * (high - low));
                lossA = loss(a);
            }
            else
            {
                (low, a, lossA) = (a, b, lossB);
                b = low + (GoldenRatio * (high - low));
                lossB = loss(b);
            }
        }

        return (low + high) / 2;
    }
}
