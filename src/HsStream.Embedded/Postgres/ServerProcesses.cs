using System.Globalization;

namespace HsStream.Embedded.Postgres;

/// <summary>Finds and ends processes of the PostgreSQL that works on one data directory, and no others.</summary>
/// <param name="dataDirectory">Absolute, with symbolic links resolved.</param>
internal sealed class ServerProcesses(string dataDirectory, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>Whether that process lives, is a PostgreSQL and works on our directory. A server's working directory is its data.</summary>
    public bool IsOurs(int processId)
    {
        if (!IsAlive(processId) || ReadOrEmpty(processId, "comm").Trim() is not ("postgres" or "postmaster")) { return false; }
        try
        {
            if (new FileInfo($"/proc/{processId}/cwd").LinkTarget is { } workingDirectory) { return workingDirectory == dataDirectory; }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            // Root without CAP_SYS_PTRACE (a container) may not look; the command line is open to all.
        }

        var words = ReadOrEmpty(processId, "cmdline").Split('\0');
        var option = Array.IndexOf(words, "-D");
        return option >= 0 && option + 1 < words.Length && words[option + 1].TrimEnd('/') == dataDirectory;
    }

    /// <summary>Every process of that server: postmaster, workers and sessions.</summary>
    public List<int> FindAll() =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && IsOurs(id))];

    /// <summary>Fast shutdown, then an immediate one, then the end of every process of the server.</summary>
    public async Task StopAsync(int postmaster, TimeSpan patience, CancellationToken cancellationToken)
    {
        foreach (var signal in (int[])[NativeCalls.SigInt, NativeCalls.SigQuit])
        {
            NativeCalls.Signal(postmaster, signal);
            if (await WaitUntilAsync(() => !IsAlive(postmaster), patience, cancellationToken)) { return; }
        }

        NativeCalls.Signal(postmaster, NativeCalls.SigKill);
        await EndOrphansAsync(patience, cancellationToken);
    }

    /// <summary>Ends what a killed postmaster left behind; while one such process lives, no new server may start.</summary>
    public async Task EndOrphansAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        foreach (var signal in (int[])[NativeCalls.SigQuit, NativeCalls.SigKill])
        {
            var orphans = FindAll();
            orphans.ForEach(id => NativeCalls.Signal(id, signal));
            if (await WaitUntilAsync(() => orphans.TrueForAll(id => !IsOurs(id)), patience, cancellationToken)) { return; }
        }
    }

    /// <summary>Exists and is not a zombie that only waits for its parent.</summary>
    public static bool IsAlive(int processId)
    {
        // "pid (name) state ...": the name may hold anything, so look behind the last bracket.
        var stat = ReadOrEmpty(processId, "stat");
        var state = stat.LastIndexOf(')') + 2;
        return state < stat.Length && stat[state] is not ('Z' or 'X');
    }

    private async Task<bool> WaitUntilAsync(Func<bool> isDone, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!isDone())
        {
            if (time.GetElapsedTime(start) > patience) { return false; }
            await Task.Delay(Step, time, cancellationToken);
        }

        return true;
    }

    private static string ReadOrEmpty(int processId, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";          // it has just ended
        }
    }
}
