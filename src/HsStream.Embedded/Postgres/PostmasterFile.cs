using System.Globalization;

namespace HsStream.Embedded.Postgres;

/// <summary>What a server wrote into <c>postmaster.pid</c>, the lock file of its data directory.</summary>
internal sealed record PostmasterFile(int ProcessId, bool IsReady)
{
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "postmaster.pid");

    /// <summary>Null when there is none, or when its writer died before the first line was complete.</summary>
    public static PostmasterFile? Read(string dataDirectory)
    {
        try
        {
            return Parse(File.ReadAllText(PathIn(dataDirectory)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Line 1 is the process id, line 8 the state: starting, ready, standby or stopping.</summary>
    internal static PostmasterFile? Parse(string text)
    {
        var lines = text.Split('\n');
        return int.TryParse(lines[0], CultureInfo.InvariantCulture, out var processId) && processId != 0
            // A negative id marks a single-user server.
            ? new PostmasterFile(Math.Abs(processId), lines.Length > 7 && lines[7].Trim() == "ready")
            : null;
    }
}
