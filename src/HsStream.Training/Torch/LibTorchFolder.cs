using System.Reflection;

namespace HsStream.Training.Torch;

/// <summary>Finds the folder that holds libtorch and TorchSharp's native library.</summary>
internal static class LibTorchFolder
{
    /// <summary>Names the folder explicitly; when set, no other place is looked at.</summary>
    public const string Variable = "HSSTREAM_LIBTORCH";

    public const string TorchSharpLibrary = "libLibTorchSharp.so";

    public const string CpuName = "libtorch";

    /// <summary><c>libtorch</c>, or <c>libtorch-cuda</c> in a build with <c>Accelerator=cuda</c>.</summary>
    public static string Name { get; } = typeof(LibTorchFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(a => a.Key == "HsStream.LibTorchFolder").Value!;

    /// <summary>The first place that holds the library: <paramref name="configured"/> when set, else beside the application, else the build's artifacts folder.</summary>
    /// <param name="application">Folder of the running application.</param>
    /// <exception cref="TorchUnavailableException">No place holds it; the message lists them.</exception>
    public static string Find(string? configured, string application)
    {
        var candidates = Candidates(configured, application).ToList();
        return candidates.Find(folder => File.Exists(Path.Combine(folder, TorchSharpLibrary)))
            ?? throw new TorchUnavailableException(
                $"libtorch was not found: expected {TorchSharpLibrary} and libtorch_cpu.so in {string.Join(" or ", candidates)}. "
                + $"`dotnet build` places them in artifacts/{Name}; {Variable} names another folder.");
    }

    private static IEnumerable<string> Candidates(string? configured, string application)
    {
        if (!string.IsNullOrEmpty(configured))
        {
            yield return Path.GetFullPath(configured);
            yield break;
        }

        yield return Path.Combine(application, Name);
        for (var folder = new DirectoryInfo(application); folder is not null; folder = folder.Parent)
        {
            if (folder.Name == "artifacts")
            {
                yield return Path.Combine(folder.FullName, Name);
            }
        }
    }
}
