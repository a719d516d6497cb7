using System.Globalization;

namespace HsStream.Benchmarks.Broker;

/// <summary>Memory and processor time of a process, from /proc.</summary>
internal static class ProcessFacts
{
    /// <summary>The kernel's USER_HZ, 100 on every architecture .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    public static long ResidentBytes(int id)
    {
        const string Field = "VmRSS:";
        var line = File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return long.Parse(line[Field.Length..].Replace("kB", string.Empty, StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    public static TimeSpan ProcessorTime(int id)
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        // The fields after the name, which ends with the last bracket: user and system time are the 12th and 13th.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }
}
