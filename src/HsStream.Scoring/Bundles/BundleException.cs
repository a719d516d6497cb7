namespace HsStream.Scoring.Bundles;

/// <summary>A bundle that cannot be trusted or used.</summary>
/// <param name="bundle">Its directory.</param>
/// <param name="file">The file at fault, or <c>.</c> for the directory.</param>
public sealed class BundleException(string bundle, string file, string expected, string found, Exception? inner = null)
    : Exception($"Bundle {bundle}: {file}: expected {expected}, found {found}.", inner)
{
    public string Bundle { get; } = bundle;

    public string File { get; } = file;

    public string Expected { get; } = expected;

    public string Found { get; } = found;
}
