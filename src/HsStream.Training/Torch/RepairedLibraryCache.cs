using System.Security.Cryptography;

namespace HsStream.Training.Torch;

/// <summary>Keeps repaired copies of native libraries in a folder of the user, one folder for each content.</summary>
/// <remarks>The application's own folder is never written. Processes may store the same copy at the same time: the last rename wins, with equal bytes.</remarks>
internal sealed class RepairedLibraryCache(string root)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary><c>$XDG_CACHE_HOME/hsstream</c>, else <c>~/.cache/hsstream</c>, else a folder of this user in the temporary folder.</summary>
    public static RepairedLibraryCache ForUser()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length == 0 ? null : Path.Combine(home, ".cache");
        }

        return new RepairedLibraryCache(cache is not null && CanWrite(cache)
            ? Path.Combine(cache, "hsstream")
            : Path.Combine(Path.GetTempPath(), $"hsstream-{Environment.UserName}"));
    }

    /// <summary>Path of a file that holds exactly <paramref name="content"/>; written unless it is there already.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public string Store(string fileName, byte[] content)
    {
        var folder = Path.Combine(root, "native", Convert.ToHexStringLower(SHA256.HashData(content)));
        var path = Path.Combine(folder, fileName);
        Directory.CreateDirectory(root, OwnerOnly);
        Directory.CreateDirectory(folder, OwnerOnly);

        // Compared byte for byte: a torn or altered copy is written anew, not loaded.
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content)) { return path; }

        var unfinished = Path.Combine(folder, $".{fileName}.{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(unfinished, content);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }

        return path;
    }

    private static bool CanWrite(string folder)
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "hsstream"), OwnerOnly);
            var probe = Path.Combine(folder, "hsstream", $".probe-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
