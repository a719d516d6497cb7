using System.Globalization;
using System.Text.Json;
using HsStream.Benchmarks.Broker;

namespace HsStream.Benchmarks.Scoring;

/// <summary>Writes the reports of encoder and scorer beside the broker's.</summary>
internal static class ScoringReport
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Machine Here() => Machine.Describe(Path.GetTempPath(), TimeProvider.System);

    public static string MachineLine()
    {
        var machine = Here();
        return string.Create(CultureInfo.InvariantCulture, $"{machine.Date}, commit {machine.Commit}. {machine.Processor}, {machine.Cores} cores, {machine.MemoryBytes / 1e9:F0} GB memory, {machine.System}, {machine.Runtime}.");
    }

    /// <param name="directory">Null for benchmarks/results.</param>
    public static void Write<T>(string? directory, string name, string page, T results)
    {
        directory ??= Path.Combine("benchmarks", "results");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, name + ".md"), page);
        File.WriteAllText(Path.Combine(directory, name + ".json"), JsonSerializer.Serialize(results, Json) + "\n");
    }
}
