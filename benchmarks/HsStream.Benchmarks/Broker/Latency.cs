namespace HsStream.Benchmarks.Broker;

/// <summary>Percentiles in milliseconds.</summary>
internal sealed record Latency(double P50, double P99, double Max)
{
    public static Latency Of(double[] samples)
    {
        if (samples.Length == 0) { return new Latency(double.NaN, double.NaN, double.NaN); }
        Array.Sort(samples);
        return new Latency(samples[samples.Length / 2], samples[(int)(samples.Length * 0.99)], samples[^1]);
    }
}
