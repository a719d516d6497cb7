using System.Buffers;

namespace HsStream.Scoring.Bundles;

/// <summary>A directory of bundles, each in a directory named by the 64 hexadecimal digits of its model version.</summary>
/// <remarks>Any number of processes may read and add at once: a bundle appears whole under its name and never changes.</remarks>
public sealed class BundleStore(string root, BundleLimits? limits = null)
{
    private const string Prefix = "sha256:";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public string Root { get; } = Path.GetFullPath(root);

    public BundleLimits Limits { get; } = limits ?? new BundleLimits();

    /// <summary>Adds a bundle. One that is there already is verified and left as it is.</summary>
    /// <returns>The manifest as stored, with the model version.</returns>
    /// <exception cref="BundleException">The reader would refuse it, or a damaged one holds its place.</exception>
    public BundleManifest Add(BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        var sealedManifest = BundleWriter.Seal(Root, manifest, files);
        return AddSealed(sealedManifest, files);
    }

    /// <summary>Copies a bundle from elsewhere, byte by byte, after verifying it.</summary>
    /// <exception cref="BundleException">It cannot be trusted.</exception>
    public BundleManifest Import(string directory)
    {
        var bundle = BundleReader.Read(directory, Limits);
        return AddSealed(bundle.Manifest, bundle.FileNames.ToDictionary(name => name, bundle.File));
    }

    /// <param name="modelVersion"><c>sha256:</c> and 64 hexadecimal digits.</param>
    /// <exception cref="BundleException">There is none, it is damaged, or it is another model.</exception>
    public Bundle Open(string modelVersion)
    {
        var bundle = BundleReader.Read(PathOf(modelVersion), Limits);
        return bundle.ModelVersion == modelVersion
            ? bundle
            : throw new BundleException(bundle.Directory, Bundle.ManifestFile, $"model_version {modelVersion}", bundle.ModelVersion);
    }

    public bool Contains(string modelVersion) => Directory.Exists(PathOf(modelVersion));

    /// <summary>Model versions that have a directory, in ordinal order. Nothing is verified.</summary>
    public IReadOnlyList<string> List() =>
        !Directory.Exists(Root) ? []
        : [.. Directory.EnumerateDirectories(Root).Select(Path.GetFileName).OfType<string>().Where(IsHex).Order(StringComparer.Ordinal).Select(name => Prefix + name)];

    /// <summary>The model versions that begin with some digits, with or without <c>sha256:</c>.</summary>
    public IReadOnlyList<string> Find(string start)
    {
        var digits = start.StartsWith(Prefix, StringComparison.Ordinal) ? start[Prefix.Length..] : start;
        return [.. List().Where(version => version.AsSpan(Prefix.Length).StartsWith(digits, StringComparison.OrdinalIgnoreCase))];
    }

    /// <exception cref="ArgumentException">Not a model version; nothing but 64 digits ever reaches the file system.</exception>
    public string PathOf(string modelVersion) =>
        modelVersion.StartsWith(Prefix, StringComparison.Ordinal) && IsHex(modelVersion[Prefix.Length..])
            ? Path.Combine(Root, modelVersion[Prefix.Length..])
            : throw new ArgumentException($"Expected sha256: and 64 hexadecimal digits, got '{modelVersion}'.", nameof(modelVersion));

    private static bool IsHex(string digits) => digits.Length == 64 && !digits.AsSpan().ContainsAnyExcept(HexDigits);

    private BundleManifest AddSealed(BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        var path = PathOf(manifest.ModelVersion);
        if (!Directory.Exists(path))
        {
            try
            {
                BundleWriter.WriteSealed(path, manifest, files, Limits);
            }
            catch (Exception e) when (e is IOException or BundleException && Directory.Exists(path))
            {
                // Another process was quicker with the same bundle; whether it is sound is seen below.
            }
        }

        return Open(manifest.ModelVersion).Manifest;
    }
}
