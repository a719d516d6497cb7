namespace HsStream.Training.Evaluation.Costs;

/// <summary>What it takes to serve a model on this machine.</summary>
/// <param name="Parameters">Learned numbers in the graph, whatever their precision.</param>
/// <param name="BundleBytes">All files of the bundle.</param>
/// <param name="ModelBytes">model.onnx alone.</param>
/// <param name="CpuSecondsPerMillion">Processor time of the whole process for a million descriptions, scored in large batches on one thread.</param>
/// <param name="OneThread">Descriptions a second, one thread, from text to decision.</param>
/// <param name="AllCores">Descriptions a second of one process with a scorer on each core.</param>
/// <param name="Batch1">Time from one text to its decision.</param>
/// <param name="Batch64">Time from 64 texts, handed over together, to the last decision.</param>
public sealed record ServingCost(
    long Parameters, long BundleBytes, long ModelBytes, double CpuSecondsPerMillion, double OneThread, double AllCores, int Cores, Latency Batch1, Latency Batch64);

/// <summary>Milliseconds.</summary>
public sealed record Latency(double P50, double P99, int Samples)
{
    public static Latency Of(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToArray();
        return sorted.Length == 0 ? new Latency(0, 0, 0) : new Latency(At(0.50), At(0.99), sorted.Length);

        // The smallest time that at least this share of the samples does not exceed.
        double At(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)].TotalMilliseconds;
    }
}
