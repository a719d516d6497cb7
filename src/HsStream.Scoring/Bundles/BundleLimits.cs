using System.ComponentModel.DataAnnotations;

namespace HsStream.Scoring.Bundles;

/// <summary>What a bundle may cost at most. They bound what a bad file can do to the process that opens it.</summary>
public sealed record BundleLimits
{
    /// <summary>All files together, the manifest included.</summary>
    [Range(1024, 2_000_000_000)]
    public long MaxBundleBytes { get; init; } = 40_000_000;

    [Range(256, 16_000_000)]
    public int MaxManifestBytes { get; init; } = 256 * 1024;

    /// <summary>Files beside the manifest.</summary>
    [Range(5, 1000)]
    public int MaxFiles { get; init; } = 16;
}
