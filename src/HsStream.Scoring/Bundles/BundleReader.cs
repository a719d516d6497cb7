using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace HsStream.Scoring.Bundles;

/// <summary>Reads a bundle and verifies every byte of it against the manifest, and the manifest against its model version.</summary>
public static class BundleReader
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The manifest alone, for lists: nothing but its form is checked.</summary>
    /// <returns>Null when it is missing or cannot be read.</returns>
    public static BundleManifest? TryReadManifest(string directory, BundleLimits? limits = null)
    {
        try
        {
            limits ??= new BundleLimits();
            return ReadManifest(directory, List(directory, limits), limits);
        }
        catch (BundleException)
        {
            return null;
        }
    }

    /// <summary>Reads everything into memory once, so that what was verified is what is used.</summary>
    /// <exception cref="BundleException">Names the file, what was expected and what was found.</exception>
    public static Bundle Read(string directory, BundleLimits? limits = null)
    {
        limits ??= new BundleLimits();
        var present = List(directory, limits);
        var manifest = ReadManifest(directory, present, limits);
        var total = manifest.Files.Sum(file => file.Size) + present[Bundle.ManifestFile];
        Check(directory, ".", total <= limits.MaxBundleBytes, $"at most {limits.MaxBundleBytes} bytes in all", $"{total}");
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in manifest.Files)
        {
            Check(directory, file.Name, present.ContainsKey(file.Name), $"a file of {file.Size} bytes", "none");
            Check(directory, file.Name, present[file.Name] == file.Size, $"{file.Size} bytes", $"{present[file.Name]}");
            var bytes = ReadFile(directory, file.Name, (int)file.Size);
            var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
            Check(directory, file.Name, hash == file.Sha256, $"SHA-256 {file.Sha256}", hash);
            files.Add(file.Name, bytes);
        }

        foreach (var name in present.Keys.Where(name => name != Bundle.ManifestFile && !files.ContainsKey(name)))
        {
            throw new BundleException(directory, name, "no file that the manifest does not list", "one");
        }

        return new Bundle(directory, manifest, files);
    }

    /// <summary>Whether a name can be that of a file in a bundle: lower-case letters, digits, dot, hyphen, underscore, no leading dot.</summary>
    internal static bool IsName(string name) =>
        name.Length is >= 1 and <= 64 && name[0] != '.' && name != Bundle.ManifestFile && !name.AsSpan().ContainsAnyExcept(NameCharacters);

    private static Dictionary<string, long> List(string directory, BundleLimits limits)
    {
        if (!Directory.Exists(directory))
        {
            throw new BundleException(directory, ".", "a directory", "none");
        }

        var present = new Dictionary<string, long>(StringComparer.Ordinal);
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                Check(directory, ".", present.Count <= limits.MaxFiles, $"at most {limits.MaxFiles} files beside the manifest", "more");
                Check(directory, entry.Name, entry.LinkTarget is null, "a plain file", "a link");
                Check(directory, entry.Name, entry is FileInfo, "a plain file", "a directory");
                present.Add(entry.Name, ((FileInfo)entry).Length);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(directory, ".", "a readable directory", e.Message, e);
        }

        return present;
    }

    private static BundleManifest ReadManifest(string directory, Dictionary<string, long> present, BundleLimits limits)
    {
        Check(directory, Bundle.ManifestFile, present.TryGetValue(Bundle.ManifestFile, out var size), "a manifest", "none");
        // An empty file may be a pipe or a device, which is never opened.
        Check(directory, Bundle.ManifestFile, size >= 1 && size <= limits.MaxManifestBytes, $"1 to {limits.MaxManifestBytes} bytes", $"{size}");
        var bytes = ReadFile(directory, Bundle.ManifestFile, (int)size);
        BundleManifest manifest;
        try
        {
            var version = JsonSerializer.Deserialize(bytes, ManifestFormatJson.Default.ManifestFormat)?.FormatVersion;
            Check(
                directory, Bundle.ManifestFile, version == BundleManifest.CurrentFormat,
                $"format_version {BundleManifest.CurrentFormat}", version?.ToString(CultureInfo.InvariantCulture) ?? "none");
            manifest = JsonSerializer.Deserialize(bytes, BundleJson.Default.BundleManifest)!;
        }
        catch (JsonException e)
        {
            throw new BundleException(directory, Bundle.ManifestFile, "JSON of the members of a manifest", e.Message.TrimEnd('.'), e);
        }

        var canonical = manifest.ToJson();
        var same = bytes.AsSpan().CommonPrefixLength(canonical);
        Check(
            directory, Bundle.ManifestFile, bytes.Length == canonical.Length && same == bytes.Length, "the bytes that were written",
            $"another byte at {same}");
        var computed = manifest.ComputeVersion();
        Check(directory, Bundle.ManifestFile, computed == manifest.ModelVersion, $"model_version {computed}", manifest.ModelVersion);
        CheckFiles(directory, manifest, limits);
        return manifest;
    }

    private static void CheckFiles(string directory, BundleManifest manifest, BundleLimits limits)
    {
        Check(directory, Bundle.ManifestFile, manifest.Files.Count <= limits.MaxFiles, $"at most {limits.MaxFiles} files", $"{manifest.Files.Count}");
        for (var i = 0; i < manifest.Files.Count; i++)
        {
            var (name, size, _) = manifest.Files[i];
            Check(directory, Bundle.ManifestFile, IsName(name), "a plain file name", $"'{name}'");
            Check(directory, Bundle.ManifestFile, size >= 1 && size <= limits.MaxBundleBytes, $"1 to {limits.MaxBundleBytes} bytes of {name}", $"{size}");
            Check(
                directory, Bundle.ManifestFile, i == 0 || string.CompareOrdinal(manifest.Files[i - 1].Name, name) < 0,
                "each file once, in order", $"{name} after {manifest.Files[Math.Max(i - 1, 0)].Name}");
        }

        foreach (var required in Bundle.RequiredFiles)
        {
            Check(directory, Bundle.ManifestFile, manifest.Files.Any(file => file.Name == required), $"{required} among the files", "none");
        }
    }

    private static byte[] ReadFile(string directory, string name, int size)
    {
        try
        {
            using var stream = new FileStream(Path.Combine(directory, name), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var bytes = new byte[size];
            var read = stream.ReadAtLeast(bytes, size, throwOnEndOfStream: false);
            Check(directory, name, read == size && stream.ReadByte() < 0, $"{size} bytes", read < size ? $"{read}" : "more");
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(directory, name, "a readable file", e.Message, e);
        }
    }

    private static void Check(string directory, string file, bool holds, string expected, string found)
    {
        if (!holds)
        {
            throw new BundleException(directory, file, expected, found);
        }
    }
}
