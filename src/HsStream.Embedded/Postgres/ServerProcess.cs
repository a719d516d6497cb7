using System.Diagnostics;
using System.Globalization;

namespace HsStream.Embedded.Postgres;

/// <summary>One start of the server program: the process, and what it said if it ended too soon.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly ClusterDirectory _cluster;
    private readonly Process _process;

    private ServerProcess(ClusterDirectory cluster, Process process) => (_cluster, _process) = (cluster, process);

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the server in its own session: Ctrl-C in our terminal must reach us alone, or it would stop before its clients.</summary>
    public static ServerProcess Start(ClusterDirectory cluster, ServerBinaries binaries, ServerAccount account, int port)
    {
        const string Script = "umask 077; exec setsid \"$1\" -D \"$2\" -p \"$3\" >\"$4\" 2>&1 </dev/null";
        var start = Command.Describe(account.Run(
            "sh", "-c", Script, "sh", binaries.Postgres, cluster.Data, port.ToString(CultureInfo.InvariantCulture), cluster.Output));
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = false;
        return new ServerProcess(cluster, Process.Start(start)!);
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>The fatal lines of this start, from its output and the newest log.</summary>
    public string Complaint()
    {
        List<string> lines = [];
        foreach (var file in (string?[])[_cluster.Output, NewestLog()])
        {
            try
            {
                if (file is not null) { lines.AddRange(Tail(file)); }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A start that ended before it opened its output has nothing to say there.
            }
        }

        var own = $"[{_process.Id.ToString(CultureInfo.InvariantCulture)}]";
        var fatal = lines.Where(l => !l.Contains('[', StringComparison.Ordinal) || l.Contains(own, StringComparison.Ordinal))
            .Where(l => l.Contains("FATAL:", StringComparison.Ordinal) || l.Contains("PANIC:", StringComparison.Ordinal) ||
                l.Contains("could not bind", StringComparison.Ordinal))
            .Select(l => l[(l.IndexOf(']') + 1)..].Trim())
            .Distinct()
            .ToArray();
        return fatal.Length > 0
            ? string.Join("; ", fatal)
            : $"status {(_process.HasExited ? _process.ExitCode : 0)}, no fatal message in {_cluster.Log}";
    }

    public void Dispose() => _process.Dispose();

    private string? NewestLog() => Directory.Exists(_cluster.Log)
        ? Directory.EnumerateFiles(_cluster.Log).MaxBy(File.GetLastWriteTimeUtc)
        : null;

    private static string[] Tail(string file)
    {
        const int LongestTailBytes = 16 * 1024;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(Math.Max(0, stream.Length - LongestTailBytes), SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
