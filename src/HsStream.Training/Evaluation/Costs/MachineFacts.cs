using System.Globalization;
using System.Runtime.InteropServices;

namespace HsStream.Training.Evaluation.Costs;

/// <summary>Where and when the figures were taken.</summary>
public sealed record MachineFacts(string Processor, int Cores, long MemoryBytes, string System, string Runtime, string Date)
{
    public static MachineFacts Describe(TimeProvider clock) => new(
        Processor: ProcessorName(),
        Cores: Environment.ProcessorCount,
        MemoryBytes: GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        System: RuntimeInformation.OSDescription,
        Runtime: RuntimeInformation.FrameworkDescription,
        Date: clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
