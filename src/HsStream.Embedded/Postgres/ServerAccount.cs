using System.Globalization;

namespace HsStream.Embedded.Postgres;

/// <summary>The user that owns the cluster and runs the server: ourselves, or another one when we are root.</summary>
/// <remarks>PostgreSQL refuses to run as root, since a superuser's SQL reaches files and programs.</remarks>
internal sealed record ServerAccount(string Name, uint UserId, uint GroupId, bool IsSelf)
{
    private const string Packaged = "postgres";

    /// <summary>The owner of an existing cluster, else ourselves, else (as root) the packages' user <c>postgres</c>.</summary>
    public static async Task<ServerAccount> ChooseAsync(string cluster, CancellationToken cancellationToken)
    {
        var me = await IdAsync("-u", null, cancellationToken);
        uint? owner = Directory.Exists(cluster) ? await OwnerAsync(cluster, cancellationToken) : null;
        if (me != 0)
        {
            if (owner is { } other && other != me)
            {
                throw new PostgresException(
                    $"{cluster} belongs to user {await NameAsync(other, cancellationToken)}, this is user {Environment.UserName}; run as that user or as root, or choose another data directory");
            }

            return new ServerAccount(Environment.UserName, me!.Value, (await IdAsync("-g", null, cancellationToken))!.Value, IsSelf: true);
        }

        var user = owner is null or 0 ? Packaged : await NameAsync(owner.Value, cancellationToken);
        var uid = await IdAsync("-u", user, cancellationToken);
        if (uid is null or 0)
        {
            throw new PostgresException(
                "PostgreSQL does not run as root and there is no user 'postgres' to run it as; install the package postgresql, or start as an ordinary user");
        }

        return new ServerAccount(user, uid.Value, (await IdAsync("-g", user, cancellationToken))!.Value, IsSelf: false);
    }

    /// <summary>The words that make this account run a program. Each candidate replaces itself or waits, and forwards the exit code.</summary>
    public IEnumerable<string> Run(params IEnumerable<string> words)
    {
        if (IsSelf) { return words; }
        string[] prefix = Exists("setpriv")
            ? ["setpriv", $"--reuid={UserId}", $"--regid={GroupId}", "--clear-groups", "--"]
            : Exists("runuser")
                ? ["runuser", "-u", Name, "--"]
                : ["su", "-s", "/bin/sh", Name, "-c", "exec \"$0\" \"$@\"", "--"];
        return prefix.Concat(words);
    }

    private static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin")
            .Split(Path.PathSeparator).Any(d => File.Exists(Path.Combine(d, program)));

    private static async Task<uint?> IdAsync(string what, string? user, CancellationToken cancellationToken)
    {
        var answer = await Command.RunAsync(user is null ? ["id", what] : ["id", what, user], cancellationToken);
        return answer.Succeeded ? uint.Parse(answer.Output, CultureInfo.InvariantCulture) : null;
    }

    private static async Task<uint?> OwnerAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await Command.RunAsync(["stat", "-c", "%u", path], cancellationToken);
        return answer.Succeeded ? uint.Parse(answer.Output, CultureInfo.InvariantCulture) : null;
    }

    private static async Task<string> NameAsync(uint userId, CancellationToken cancellationToken)
    {
        var number = userId.ToString(CultureInfo.InvariantCulture);
        var answer = await Command.RunAsync(["id", "-nu", number], cancellationToken);
        return answer.Succeeded ? answer.Output : number;
    }
}
