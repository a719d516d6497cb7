using System.Globalization;

namespace HsStream.Cli;

/// <summary>The folder of one HsStream installation, held by one <c>up</c> at a time.</summary>
/// <remarks>
/// <c>VERSION</c> (layout number), <c>kafka/</c> (broker), <c>postgres/</c>, <c>nomenclature/</c> (imported texts), <c>up.lock</c> and <c>up.pid</c>.
/// The lock is the operating system's, so it ends with the process, however that ends.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>Raised when a release changes the layout in a way that older ones would damage.</summary>
    public const int Version = 1;

    private const string VersionFile = "VERSION";
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream directoryLock) => (Path, _lock) = (path, directoryLock);

    public string Path { get; }

    public string Kafka => KafkaIn(Path);

    public static string KafkaIn(string path) => System.IO.Path.Combine(path, "kafka");

    /// <summary>HSSTREAM_DATA_DIR; else /var/lib/hsstream as root, whose home PostgreSQL's user may not enter; else the user's own data folder.</summary>
    public static string Default =>
        Environment.GetEnvironmentVariable("HSSTREAM_DATA_DIR") is { Length: > 0 } chosen ? chosen
        : Environment.IsPrivilegedProcess ? "/var/lib/hsstream"
        : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "hsstream");

    /// <summary>Creates the folder when it is missing, checks that it is ours and takes it.</summary>
    public static DataDirectory Take(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Create(path);
            RequireUsable(path);
            var held = Lock(path);
            MarkVersion(path);
            File.WriteAllText(PidFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new DataDirectory(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot use the data directory {path}: {e.Message}", e);
        }
    }

    /// <summary>Makes the folder an HsStream data directory when it is none yet, without holding it: for files of its own, beside a running <c>up</c>.</summary>
    /// <returns>The full path.</returns>
    public static string Prepare(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Create(path);
            RequireUsable(path);
            MarkVersion(path);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot use the data directory {path}: {e.Message}", e);
        }
    }

    /// <summary>Throws when the folder belongs to something else or to a newer HsStream.</summary>
    public static void RequireUsable(string path)
    {
        var version = System.IO.Path.Combine(path, VersionFile);
        if (File.Exists(version))
        {
            var text = File.ReadAllText(version).Trim();
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            {
                throw new OperatorException($"{version} holds '{text}'; expected the layout number of an HsStream data directory");
            }

            if (number > Version)
            {
                throw new OperatorException($"the data directory {path} has layout {number}, made by a newer HsStream; this one knows layouts up to {Version}");
            }

            return;
        }

        // Our own lock file alone is a first start that was cut short; lost+found is an empty disk.
        var strange = Directory.EnumerateFileSystemEntries(path)
            .Select(System.IO.Path.GetFileName)
            .FirstOrDefault(name => name is not ("up.lock" or "up.pid" or "lost+found"));
        if (strange is not null)
        {
            throw new OperatorException($"{path} holds {strange} but no {VersionFile} file; expected an empty folder or an HsStream data directory");
        }
    }

    public void Dispose()
    {
        File.Delete(PidFile(Path));
        _lock.Dispose();
    }

    /// <summary>Closed to other users, whose topics these are not; the folders above it are ordinary ones.</summary>
    private static void Create(string path)
    {
        if (Directory.Exists(path)) { return; }
        if (System.IO.Path.GetDirectoryName(path) is { } parent) { Directory.CreateDirectory(parent); }
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void MarkVersion(string path)
    {
        var version = System.IO.Path.Combine(path, VersionFile);
        if (!File.Exists(version)) { File.WriteAllText(version, Version.ToString(CultureInfo.InvariantCulture) + "\n"); }
    }

    private static string PidFile(string path) => System.IO.Path.Combine(path, "up.pid");

    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, "up.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            // The lock file itself cannot be read while it is locked, so the process id has a file of its own.
            var holder = File.Exists(PidFile(path)) ? $", process {File.ReadAllText(PidFile(path)).Trim()}" : "";
            throw new OperatorException($"the data directory {path} is already in use by another hsstream up{holder}", e);
        }
    }
}
