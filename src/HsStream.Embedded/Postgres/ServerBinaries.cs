using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace HsStream.Embedded.Postgres;

/// <summary>A folder that holds a complete, running set of PostgreSQL server programs.</summary>
internal sealed partial record ServerBinaries(string Directory, Version Version)
{
    /// <summary>Below 14 the settings and the error texts relied on here differ.</summary>
    public const int OldestMajor = 14;

    private static readonly string[] Programs = ["initdb", "postgres", "pg_ctl"];

    public string Initdb => Path.Combine(Directory, "initdb");

    public string Postgres => Path.Combine(Directory, "postgres");

    /// <summary>The binaries to use: those of <paramref name="requiredMajor"/> for an existing cluster, else the first usable ones.</summary>
    public static async Task<ServerBinaries> FindAsync(string? option, int? requiredMajor, CancellationToken cancellationToken)
    {
        var searched = option is null ? Candidates() : [option];
        List<string> refused = [];
        HashSet<int> otherMajors = [];
        foreach (var directory in searched)
        {
            var (found, reason) = await TryAsync(directory, cancellationToken);
            if (found is null)
            {
                // A folder on PATH without any of the programs is not worth a word.
                if (reason is not null || option is not null) { refused.Add($"{directory}: {reason ?? "no postgres there"}"); }
            }
            else if (requiredMajor is { } major && found.Version.Major != major)
            {
                otherMajors.Add(found.Version.Major);
            }
            else
            {
                return found;
            }
        }

        var why = refused.Count == 0 ? "" : $" ({string.Join("; ", refused)})";
        if (requiredMajor is { } wanted && otherMajors.Count > 0)
        {
            throw new PostgresException(
                $"the cluster was made by PostgreSQL {wanted}, but only {string.Join(", ", otherMajors.Order())} was found{why}; " +
                $"install postgresql-{wanted}, or convert the cluster with pg_upgrade, or choose another data directory");
        }

        throw new PostgresException(option is null
            ? $"no PostgreSQL server programs ({string.Join(", ", Programs)}) of version {OldestMajor} or newer on PATH or in " +
              $"/usr/lib/postgresql/*/bin{why}; install them: apt-get install postgresql"
            : $"no usable PostgreSQL server programs in {option}{why}");
    }

    /// <summary>Every complete set of binaries on this machine, in search order, and why others were refused.</summary>
    public static async Task<(List<ServerBinaries> Found, List<string> Refused)> ListAsync(CancellationToken cancellationToken)
    {
        List<ServerBinaries> found = [];
        List<string> refused = [];
        foreach (var directory in Candidates())
        {
            var (binaries, reason) = await TryAsync(directory, cancellationToken);
            if (binaries is not null) { found.Add(binaries); }
            if (reason is not null) { refused.Add($"{directory}: {reason}"); }
        }

        return (found, refused);
    }

    private static IEnumerable<string> Candidates()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted);
        // Debian and its kin, then Red Hat's; 9.6 sorts below 15 because the version is compared as a number.
        var packaged = new[] { ("/usr/lib/postgresql", ""), ("/usr", "pgsql-") }
            .Where(p => System.IO.Directory.Exists(p.Item1))
            .SelectMany(p => System.IO.Directory.GetDirectories(p.Item1, p.Item2 + "*")
                .OrderByDescending(d => double.TryParse(
                    Path.GetFileName(d)[p.Item2.Length..], CultureInfo.InvariantCulture, out var version) ? version : 0))
            .Select(d => Path.Combine(d, "bin"));
        return path.Concat(packaged).Distinct();
    }

    private static async Task<(ServerBinaries? Found, string? Reason)> TryAsync(string directory, CancellationToken cancellationToken)
    {
        var missing = Programs.Where(p => !File.Exists(Path.Combine(directory, p))).ToArray();
        if (missing.Contains("postgres")) { return (null, null); }
        if (missing.Length > 0) { return (null, $"lacks {string.Join(" and ", missing)}"); }

        Version? version = null;
        foreach (var program in Programs)
        {
            try
            {
                var answer = await Command.RunAsync([Path.Combine(directory, program), "--version"], cancellationToken);
                if (!answer.Succeeded) { return (null, $"{program} --version failed: {FirstLine(answer.Output)}"); }
                if (Parse(answer.Output) is not { } parsed) { return (null, $"{program} --version printed '{FirstLine(answer.Output)}'"); }
                version ??= parsed;
                if (version.Major != parsed.Major) { return (null, $"{program} is {parsed.Major}, {Programs[0]} is {version.Major}"); }
            }
            catch (Win32Exception e)
            {
                return (null, $"{program} does not run: {e.Message}");
            }
        }

        return version!.Major < OldestMajor
            ? (null, $"version {version} is older than {OldestMajor}")
            : (new ServerBinaries(directory, version), null);
    }

    /// <summary>Reads <c>postgres (PostgreSQL) 15.18 (Debian ...)</c>; betas (<c>18beta1</c>) have no minor version.</summary>
    internal static Version? Parse(string text) =>
        VersionPattern().Match(text) is { Success: true } match
            ? new Version(
                int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
                match.Groups[2].Success ? int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture) : 0)
            : null;

    private static string FirstLine(string text) => text.Split('\n', 2)[0];

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)(?:\.(\d+))?")]
    private static partial Regex VersionPattern();
}
