namespace HsStream.Scoring.Confidence;

/// <summary>Finds the temperature at which held-out labels are likeliest (Guo and others, https://arxiv.org/abs/1706.04599).</summary>
internal static class TemperatureFitter
{
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>Golden-section search over ln T from T = 0.05 to 20; the loss has one minimum in T.</summary>
    /// <param name="loss">Mean negative log-likelihood at a temperature.</param>
    public static float Fit(Func<float, double> loss)
    {
        double low = Math.Log(0.05), high = Math.Log(20);
        var (a, b) = (high - (GoldenRatio * (high - low)), low + (GoldenRatio * (high - low)));
        var (lossA, lossB) = (loss((float)Math.Exp(a)), loss((float)Math.Exp(b)));
        while (high - low > 1e-3)
        {
            if (lossA <= lossB)
            {
                (high, b, lossB) = (b, a, lossA);
                a = high - (GoldenRatio * (high - low));
                lossA = loss((float)Math.Exp(a));
            }
            else
            {
                (low, a, lossA) = (a, b, lossB);
                b = low + (GoldenRatio * (high - low));
                lossB = loss((float)Math.Exp(b));
            }
        }

        return (float)Math.Exp((low + high) / 2);
    }
}
