using System.Security.Cryptography;

namespace HsStream.Scoring.Bundles;

/// <summary>Writes a bundle so that it is there whole or not at all, also after a loss of power.</summary>
public static class BundleWriter
{
    /// <summary>Writes a bundle to a directory that does not exist yet.</summary>
    /// <param name="manifest">Its files and model version are filled in here.</param>
    /// <param name="files">Every file but the manifest, by name.</param>
    /// <returns>The manifest as written.</returns>
    /// <exception cref="BundleException">The directory exists, or the reader would refuse the bundle.</exception>
    public static BundleManifest Write(
        string directory, BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, BundleLimits? limits = null)
    {
        var sealedManifest = Seal(directory, manifest, files);
        WriteSealed(directory, sealedManifest, files, limits);
        return sealedManifest;
    }

    internal static BundleManifest Seal(string directory, BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        foreach (var (name, value) in manifest.Metrics)
        {
            if (!double.IsFinite(value))
            {
                throw new BundleException(directory, Bundle.ManifestFile, $"a finite number as metric {name}", $"{value}");
            }
        }

        foreach (var name in files.Keys.Where(name => !BundleReader.IsName(name)))
        {
            throw new BundleException(directory, name, "a plain file name", $"'{name}'");
        }

        return manifest.Seal([.. files.Select(file => new BundleFile(file.Key, file.Value.Length, Convert.ToHexStringLower(SHA256.HashData(file.Value.Span))))]);
    }

    internal static void WriteSealed(
        string directory, BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, BundleLimits? limits)
    {
        directory = Path.GetFullPath(directory);
        if (Path.Exists(directory))
        {
            throw new BundleException(directory, ".", "a directory that does not exist yet", "one");
        }

        var parent = Path.GetDirectoryName(directory) ?? throw new BundleException(directory, ".", "a directory below another", "the root");
        Directory.CreateDirectory(parent);
        var temporary = Path.Combine(parent, $".{Path.GetFileName(directory)}.{Guid.NewGuid():n}.tmp");
        try
        {
            Directory.CreateDirectory(temporary);
            foreach (var (name, bytes) in files)
            {
                WriteFile(Path.Combine(temporary, name), bytes.Span);
            }

            WriteFile(Path.Combine(temporary, Bundle.ManifestFile), manifest.ToJson());
            DurableDirectory.Flush(temporary);
            // What the reader would refuse must not get its name; this also reads back what the disk took.
            BundleReader.Read(temporary, limits);
            Directory.Move(temporary, directory);
            DurableDirectory.Flush(parent);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static void WriteFile(string path, ReadOnlySpan<byte> bytes)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }
}
