namespace HsStream.Cli.Doctor;

internal enum CheckStatus
{
    Ok,

    /// <summary>HsStream runs, but not as well or not on its default settings.</summary>
    Warning,

    /// <summary>HsStream cannot run here.</summary>
    Broken,
}

/// <param name="Mend">What to do about it; empty when nothing needs doing.</param>
internal sealed record CheckResult(string Name, CheckStatus Status, string Found, string Mend = "")
{
    public static CheckResult Ok(string name, string found) => new(name, CheckStatus.Ok, found);

    public static CheckResult Warning(string name, string found, string mend) => new(name, CheckStatus.Warning, found, mend);

    public static CheckResult Broken(string name, string found, string mend) => new(name, CheckStatus.Broken, found, mend);
}
