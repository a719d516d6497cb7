using System.Diagnostics;
using System.Globalization;
using HsStream.Embedded.Postgres;

namespace HsStream.Cli.Doctor;

/// <summary>What the machine has to offer: memory, disk, file handles and a clock.</summary>
internal static class MachineChecks
{
    private const long Gibibyte = 1L << 30;

    public static CheckResult Memory()
    {
        const string Name = "memory";
        // The smaller of the machine's memory and the container's limit.
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var found = string.Create(CultureInfo.InvariantCulture, $"{(double)total / Gibibyte:0.0} GiB");
        return total switch
        {
            < Gibibyte / 2 => CheckResult.Broken(Name, found, "give it at least 0.5 GiB; 2 GiB for training"),
            < 2 * Gibibyte => CheckResult.Warning(Name, found, "2 GiB or more are needed for training"),
            _ => CheckResult.Ok(Name, found),
        };
    }

    public static CheckResult OpenFiles()
    {
        const string Name = "open files";
        const int Comfortable = 4096;
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        // The runtime has already raised the soft limit to the hard one.
        var limit = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return limit == "unlimited" || !long.TryParse(limit, CultureInfo.InvariantCulture, out var number) || number >= Comfortable
            ? CheckResult.Ok(Name, $"limit {limit}")
            : CheckResult.Warning(Name, $"limit {limit}", $"raise the hard limit to {Comfortable} or more (ulimit -Hn); each partition and connection takes a few");
    }

    /// <summary>A clock that is behind the files it wrote breaks retention, timeouts and offsets by time.</summary>
    public static CheckResult Clock(string dataDirectory, TimeProvider time)
    {
        const string Name = "clock";
        var now = time.GetUtcNow();
        var newest = ((string[])[typeof(MachineChecks).Assembly.Location, Path.Combine(dataDirectory, "VERSION")])
            .Where(File.Exists)
            .Max(f => (DateTimeOffset)File.GetLastWriteTimeUtc(f));
        return now < newest - TimeSpan.FromMinutes(1)
            ? CheckResult.Broken(Name, $"{now:u}, but a file was written at {newest:u}", "set the clock (timedatectl set-ntp true)")
            : CheckResult.Ok(Name, $"{now:u}");
    }

    /// <summary>Space and speed of the disk under the data directory, and whether everybody involved may write there.</summary>
    public static async Task<IReadOnlyList<CheckResult>> DiskAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        const string Directory = "data directory";
        var existing = dataDirectory;
        while (!System.IO.Directory.Exists(existing)) { existing = Path.GetDirectoryName(existing)!; }
        List<CheckResult> results = [];
        try
        {
            if (existing == dataDirectory) { DataDirectory.RequireUsable(dataDirectory); }
            var account = await ServerAccount.ChooseAsync(ClusterDirectory.RootIn(dataDirectory), cancellationToken);
            var canEnter = account.IsSelf || existing == dataDirectory ||
                (await Command.RunAsync(account.Run("test", "-x", existing), cancellationToken)).Succeeded;
            var latency = FsyncLatency(existing);
            results.Add(canEnter
                ? CheckResult.Ok(Directory, existing == dataDirectory ? dataDirectory : $"{dataDirectory}, not made yet")
                : CheckResult.Broken(Directory, $"{existing} is closed to user {account.Name}, who runs PostgreSQL", "choose another with --data-dir, such as /var/lib/hsstream"));
            results.Add(Latency(latency));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperatorException or Embedded.Postgres.PostgresException)
        {
            results.Add(CheckResult.Broken(Directory, $"{dataDirectory}: {e.Message}", "choose another with --data-dir or HSSTREAM_DATA_DIR"));
        }

        results.Add(Space(existing));
        return results;
    }

    private static CheckResult Space(string directory)
    {
        const string Name = "disk space";
        var free = new DriveInfo(directory).AvailableFreeSpace;
        var found = string.Create(CultureInfo.InvariantCulture, $"{(double)free / Gibibyte:0.0} GiB free");
        return free switch
        {
            < Gibibyte => CheckResult.Broken(Name, found, "free at least 1 GiB, or choose another disk with --data-dir"),
            < 10 * Gibibyte => CheckResult.Warning(Name, found, "10 GiB or more leave room for a week of records"),
            _ => CheckResult.Ok(Name, found),
        };
    }

    private static CheckResult Latency(TimeSpan latency)
    {
        const string Name = "fsync";
        var found = string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0.00} ms for 4 KiB (median)");
        return latency > TimeSpan.FromMilliseconds(20)
            ? CheckResult.Warning(Name, found, "a slow disk: acknowledgements wait for it; --durability page-cache does not")
            : CheckResult.Ok(Name, found);
    }

    private static TimeSpan FsyncLatency(string directory)
    {
        const int Rounds = 21;
        var path = Path.Combine(directory, $".hsstream-doctor-{Environment.ProcessId}");
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
        var page = new byte[4096];
        var rounds = new TimeSpan[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            file.Write(page);
            file.Flush(flushToDisk: true);
            rounds[round] = Stopwatch.GetElapsedTime(start);
        }

        return rounds.Order().ElementAt(Rounds / 2);
    }
}
