using System.Globalization;

namespace HsStream.Cli.Doctor;

/// <summary>Whether the default ports are free, and who holds them if not.</summary>
internal static class PortChecks
{
    public static CheckResult Check(string what, string option, int port)
    {
        var name = $"port {port}";
        if (ListeningSocket(port) is not { } socket) { return CheckResult.Ok(name, $"free for the {what}"); }
        var holder = Holder(socket) is { } process
            ? $"process {process}, {CommandOf(process)}"
            : "a process of another user";
        return CheckResult.Warning(name, $"held by {holder}", $"stop it, or give hsstream up {option} another port (0: any)");
    }

    /// <summary>The inode of a socket that listens on that port, in the tables of proc(5).</summary>
    private static string? ListeningSocket(int port)
    {
        const string Listen = "0A";
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return ((string[])["/proc/net/tcp", "/proc/net/tcp6"])
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns.Length > 9 && columns[3] == Listen && columns[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(columns => columns[9])
            .FirstOrDefault();
    }

    private static int? Holder(string socket)
    {
        var link = $"socket:[{socket}]";
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) { continue; }
            try
            {
                if (Directory.EnumerateFileSystemEntries(Path.Combine(directory, "fd")).Any(f => new FileInfo(f).LinkTarget == link)) { return id; }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's process, or one that has just ended.
            }
        }

        return null;
    }

    private static string CommandOf(int process)
    {
        const int LongestText = 60;
        var words = File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ').Trim();
        return words.Length <= LongestText ? words : words[..LongestText] + "...";
    }
}
