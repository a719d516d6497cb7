using System.Buffers.Binary;

namespace HsStream.Training.Torch;

/// <summary>Lets a library load on a host whose C++ runtime is older than the one it was linked against, where that is harmless.</summary>
/// <remarks>
/// TorchSharp's native library asks for version GLIBCXX_3.4.32 of libstdc++, which came with GCC 13; Debian 12 and Ubuntu 22.04 have 3.4.30.
/// The one symbol behind it makes sure that the standard streams exist. No code of the library calls it, and an older libstdc++ sets the streams
/// up by itself. Marking the entry as weak makes the loader accept the library; everything else about it stays as it was.
/// </remarks>
internal static class SymbolVersionRepair
{
    private const string Library = "libstdc++.so.6";
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";

    /// <summary>The bytes to load on a host whose libstdc++ offers <paramref name="offered"/>; null when the file can be loaded as it is.</summary>
    /// <exception cref="TorchUnavailableException">The host lacks a version that the library really uses.</exception>
    /// <exception cref="InvalidDataException"><paramref name="library"/> is not a readable ELF library.</exception>
    public static byte[]? Apply(byte[] library, IReadOnlyCollection<string> offered)
    {
        var image = ElfImage.Parse(library);
        var missing = image.RequiredVersions.Where(v => v.Library == Library && !v.IsWeak && !offered.Contains(v.Version)).ToList();
        if (missing.Count == 0) { return null; }

        foreach (var version in missing)
        {
            if (version.Version != Version || image.ImportedSymbols(version.Index) is not [Symbol])
            {
                throw new TorchUnavailableException(
                    $"TorchSharp's native library needs {version.Version} of {Library}, which this machine's libstdc++ lacks; install a newer libstdc++6 (GCC 13 or later).");
            }
        }

        var repaired = (byte[])library.Clone();
        foreach (var version in missing)
        {
            var flags = repaired.AsSpan(version.FlagsOffset, 2);
            BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | ElfImage.WeakFlag));
        }

        return repaired;
    }
}
