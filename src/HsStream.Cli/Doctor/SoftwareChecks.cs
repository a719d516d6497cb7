using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using HsStream.Embedded.Postgres;

namespace HsStream.Cli.Doctor;

/// <summary>What has to be installed.</summary>
internal static class SoftwareChecks
{
    public static async Task<CheckResult> SdkAsync(CancellationToken cancellationToken)
    {
        const string Name = ".NET SDK";
        const string Mend = "install the .NET SDK 10: https://dotnet.microsoft.com/download/dotnet/10.0";
        try
        {
            var answer = await Command.RunAsync(["dotnet", "--list-sdks"], cancellationToken);
            var newest = answer.Output.Split('\n').Where(l => l.StartsWith("10.", StringComparison.Ordinal)).Select(l => l.Split(' ')[0]).LastOrDefault();
            return newest is null
                ? CheckResult.Broken(Name, $"no version 10 among: {string.Join(", ", answer.Output.Split('\n').Select(l => l.Split(' ')[0]))}", Mend)
                : CheckResult.Ok(Name, $"{newest}, runtime {Environment.Version}");
        }
        catch (Win32Exception)
        {
            return CheckResult.Broken(Name, "no dotnet on PATH", Mend);
        }
    }

    public static async Task<CheckResult> PostgresAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        const string Name = "PostgreSQL";
        try
        {
            var binaries = await ServerBinaries.FindAsync(null, ClusterDirectory.ExistingMajor(dataDirectory), cancellationToken);
            var account = await ServerAccount.ChooseAsync(ClusterDirectory.RootIn(dataDirectory), cancellationToken);
            return CheckResult.Ok(Name, $"{binaries.Version} in {binaries.Directory}, runs as {account.Name}");
        }
        catch (Embedded.Postgres.PostgresException e)
        {
            return CheckResult.Broken(Name, e.Message, "apt-get install postgresql");
        }
    }

    /// <summary>libtorch asks for a symbol version that Debian 12 lacks, for one symbol that is never called.</summary>
    public static CheckResult CppLibrary()
    {
        const string Name = "libstdc++";
        const int Wanted = 32;
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return CheckResult.Warning(Name, "not found; training models needs it", "apt-get install libstdc++6");
        }

        var path = File.ReadLines("/proc/self/maps").Select(l => l[(l.LastIndexOf(' ') + 1)..]).First(p => p.Contains("libstdc++.so", StringComparison.Ordinal));
        var newest = NewestSymbolVersion(File.ReadAllBytes(path));
        return newest >= Wanted
            ? CheckResult.Ok(Name, $"GLIBCXX_3.4.{newest}")
            : CheckResult.Ok(Name, $"GLIBCXX_3.4.{newest}; libtorch wants 3.4.{Wanted}, so training loads an adapted copy of it");
    }

    /// <summary>The highest n of GLIBCXX_3.4.n that the library defines.</summary>
    internal static int NewestSymbolVersion(ReadOnlySpan<byte> library)
    {
        var prefix = "GLIBCXX_3.4."u8;
        var newest = 0;
        for (var at = library.IndexOf(prefix); at >= 0; at = library.IndexOf(prefix))
        {
            library = library[(at + prefix.Length)..];
            var digits = library.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits is > 0 and < 4) { newest = Math.Max(newest, int.Parse(library[..digits], CultureInfo.InvariantCulture)); }
        }

        return newest;
    }
}
