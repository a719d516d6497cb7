using HsStream.Cli.Connect;
using HsStream.Scoring.Bundles;

namespace HsStream.Cli.Models;

/// <summary>Where a verb looks for bundles.</summary>
internal static class BundlePlace
{
    /// <summary>The named folder, else that of the running <c>up</c>, else the data directory's.</summary>
    public static BundleStore Store(string? named, string dataDirectory) =>
        new(named ?? Endpoints.TryRead(dataDirectory)?.Models ?? Path.Combine(dataDirectory, "models"));
}
