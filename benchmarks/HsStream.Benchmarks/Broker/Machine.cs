using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HsStream.Benchmarks.Broker;

/// <summary>Where and on what the figures were taken.</summary>
internal sealed record Machine(string Processor, int Cores, long MemoryBytes, string System, string Runtime, string FileSystem, string Commit, string Date)
{
    public static Machine Describe(string directory, TimeProvider time) =>
        new(
            Line("/proc/cpuinfo", "model name"),
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            new DriveInfo(directory).DriveFormat,
            Run("git", "describe", "--always", "--dirty"),
            time.GetUtcNow().ToString("yyyy-MM-dd", global::System.Globalization.CultureInfo.InvariantCulture));

    private static string Line(string file, string field) =>
        File.Exists(file) && File.ReadLines(file).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : "unknown";

    private static string Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            return process.StandardOutput.ReadToEnd().Trim();
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
