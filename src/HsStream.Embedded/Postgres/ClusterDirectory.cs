using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Postgres;

/// <summary>The folder <c>postgres</c> of a data directory: <c>data/</c> (the cluster), <c>log/</c> and <c>pgpass</c>.</summary>
/// <remarks>Made under another name and renamed when complete, so a creation that is killed leaves no half cluster.</remarks>
internal sealed class ClusterDirectory(string parent, ServerAccount account, ILogger logger)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public const string User = "hsstream";

    public string Root { get; } = RootIn(parent);

    public string Data => Path.Combine(Root, "data");

    public string Log => Path.Combine(Root, "log");

    /// <summary>What the server prints before its own log opens; only the latest start.</summary>
    public string Output => Path.Combine(Root, "server.out");

    /// <summary>The password in PostgreSQL's own format, so that psql (PGPASSFILE) and Npgsql (Passfile) read it too; mode 0600.</summary>
    public string PasswordFile => Path.Combine(Root, "pgpass");

    public static string RootIn(string parent) => Path.Combine(parent, "postgres");

    /// <summary>The major version an existing cluster was made by; null when there is no cluster yet.</summary>
    public static int? ExistingMajor(string parent)
    {
        var root = RootIn(parent);
        if (!Directory.Exists(root)) { return null; }
        try
        {
            var text = File.ReadAllText(Path.Combine(root, "data", "PG_VERSION")).Trim();
            return int.TryParse(text.Split('.')[0], CultureInfo.InvariantCulture, out var major)
                ? major
                : throw new PostgresException($"{root}/data/PG_VERSION holds '{text}'; expected a PostgreSQL major version");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PostgresException($"{root} exists but holds no PostgreSQL cluster (no data/PG_VERSION); move it away or choose another data directory");
        }
    }

    /// <summary>Makes sure that the account reaches the folder and that the cluster exists. Call under the start lock.</summary>
    public async Task PrepareAsync(ServerBinaries binaries, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Root)) { await CreateAsync(binaries, cancellationToken); }
        await RequireReachableAsync(Root, cancellationToken);
        WriteSettings();
    }

    /// <summary>The password made at creation.</summary>
    public string ReadPassword()
    {
        try
        {
            // host:port:database:user:password; ours holds neither ':' nor '\'.
            return File.ReadAllText(PasswordFile).Trim().Split(':')[^1];
        }
        catch (FileNotFoundException)
        {
            throw new PostgresException($"{PasswordFile} is missing; expected the password of the database user {User}, made with the cluster");
        }
    }

    private async Task CreateAsync(ServerBinaries binaries, CancellationToken cancellationToken)
    {
        var unfinished = Root + ".new";
        if (Directory.Exists(unfinished))
        {
            logger.UnfinishedClusterRemoved(unfinished);
            Directory.Delete(unfinished, recursive: true);
        }

        logger.ClusterCreating(binaries.Version.Major, Root, account.Name);
        CreateOwned(unfinished);
        await RequireReachableAsync(unfinished, cancellationToken);
        CreateOwned(Path.Combine(unfinished, "log"));
        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var forInitdb = Path.Combine(unfinished, "password");
        WriteOwned(forInitdb, password + "\n");

        var data = Path.Combine(unfinished, "data");
        // Byte order for sorting and comparing, so that a C library update cannot invalidate an index; UTF-8 for letters' case.
        var made = await Command.RunAsync(
            account.Run(binaries.Initdb, "-D", data, $"--username={User}", $"--pwfile={forInitdb}", "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--data-checksums", "--no-sync"),
            cancellationToken);
        if (!made.Succeeded)
        {
            throw new PostgresException($"initdb could not create a cluster in {Root}: {LastLine(made.Output)}");
        }

        File.Delete(forInitdb);
        WriteOwned(Path.Combine(unfinished, "pgpass"), $"127.0.0.1:*:*:{User}:{password}\n");
        File.AppendAllText(Path.Combine(data, "postgresql.conf"), ServerSettings.Include);
        WriteOwned(Path.Combine(data, ServerSettings.FileName), ServerSettings.Text);
        await FlushAsync(binaries, data, cancellationToken);
        Directory.Move(unfinished, Root);
        // The rename itself must survive a power cut before the first commit does.
        await Command.RunAsync(["sync", parent], cancellationToken);
    }

    /// <summary>One flush of the file system: 0.1 s on a busy disk, where initdb's own flush of 950 single files took 1.8 s.</summary>
    private async Task FlushAsync(ServerBinaries binaries, string data, CancellationToken cancellationToken)
    {
        if ((await Command.RunAsync(["sync", "-f", data], cancellationToken)).Succeeded) { return; }
        var flushed = await Command.RunAsync(account.Run(binaries.Initdb, "--sync-only", "-D", data), cancellationToken);
        if (!flushed.Succeeded) { throw new PostgresException($"the new cluster in {Root} could not be flushed to disk: {LastLine(flushed.Output)}"); }
    }

    /// <summary>Checks that the server's user may enter the folder, whose parents may be closed to it.</summary>
    private async Task RequireReachableAsync(string folder, CancellationToken cancellationToken)
    {
        if (account.IsSelf || await CanEnterAsync(folder, cancellationToken)) { return; }

        // The data directory is ours to open, by the least that lets that user pass; folders above it are not.
        var mode = File.GetUnixFileMode(parent);
        const UnixFileMode GroupBits = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
        if ((mode & GroupBits) == 0 && !await CanEnterAsync(parent, cancellationToken))
        {
            NativeCalls.ChangeOwner(parent, 0, account.GroupId);
            File.SetUnixFileMode(parent, mode | UnixFileMode.GroupExecute);
            if (await CanEnterAsync(folder, cancellationToken)) { return; }
        }

        var closed = folder;
        while (Path.GetDirectoryName(closed) is { } above && !await CanEnterAsync(above, cancellationToken)) { closed = above; }
        throw new PostgresException(
            $"user {account.Name}, who runs PostgreSQL when this is root, may not enter {closed}; " +
            $"choose a data directory elsewhere (/var/lib/hsstream) or allow it: chmod o+x {closed}");
    }

    private async Task<bool> CanEnterAsync(string folder, CancellationToken cancellationToken) =>
        (await Command.RunAsync(account.Run("test", "-x", folder), cancellationToken)).Succeeded;

    private void CreateOwned(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        if (!account.IsSelf) { NativeCalls.ChangeOwner(folder, account.UserId, account.GroupId); }
    }

    private void WriteSettings()
    {
        var settings = Path.Combine(Data, ServerSettings.FileName);
        if (File.Exists(settings) && File.ReadAllText(settings) == ServerSettings.Text) { return; }
        File.Delete(settings + ".new");
        WriteOwned(settings + ".new", ServerSettings.Text);
        File.Move(settings + ".new", settings, overwrite: true);
    }

    /// <summary>Creates a file that only the account reads. As root this must never follow a link that the account planted.</summary>
    private void WriteOwned(string path, string text)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(path, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
        }

        if (!account.IsSelf) { NativeCalls.ChangeOwner(path, account.UserId, account.GroupId); }
    }

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(l => l.Contains("error", StringComparison.OrdinalIgnoreCase) || l.Contains("FATAL", StringComparison.Ordinal))
        ?? text.Split('\n')[^1];
}
