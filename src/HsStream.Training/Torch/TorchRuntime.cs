using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace HsStream.Training.Torch;

/// <summary>Loads libtorch into the process. Everything that touches a tensor calls <see cref="Load"/> first.</summary>
/// <remarks>
/// TorchSharp looks for its libraries in the output folder. They lie elsewhere, so that 460 MB are not copied into every output: the libraries are
/// loaded here by full path, and TorchSharp's later look-ups by name find those already in the process.
/// libtorch's threads wait for each other by spinning, about a millisecond by default. Beside other work on the same cores that made small steps
/// ten times slower, so the spin is cut to microseconds; GOMP_SPINCOUNT or OMP_WAIT_POLICY in the environment say otherwise.
/// </remarks>
public static class TorchRuntime
{
    // In the order of their dependence; a CPU build has no CUDA library.
    private static readonly string[] Libraries =
        ["libgomp-98b21ff3.so.1", "libc10.so", "libc10_cuda.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so"];

    private static readonly Lock Gate = new();
    private static volatile bool _isLoaded;
    private static bool _resolves;
    private static nint _torchSharp;

    /// <summary>Loads libtorch once; every later call returns at once. Thread-safe. A failed load is tried again by the next call.</summary>
    /// <exception cref="TorchUnavailableException">libtorch is missing or does not load on this machine.</exception>
    public static void Load()
    {
        if (_isLoaded) { return; }
        lock (Gate)
        {
            if (_isLoaded) { return; }
            LoadFrom(LibTorchFolder.Find(Environment.GetEnvironmentVariable(LibTorchFolder.Variable), AppContext.BaseDirectory));
            _isLoaded = true;
        }
    }

    internal static void LoadFrom(string folder)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new TorchUnavailableException(
                $"Training needs Linux on x64, for which libtorch is built; this is {RuntimeInformation.RuntimeIdentifier}. Scoring works here.");
        }

        // Read by libgomp when it is loaded.
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) { SetDefault("GOMP_SPINCOUNT", "1000"); }
        foreach (var path in Libraries.Select(name => Path.Combine(folder, name)).Where(File.Exists)) { LoadLibrary(path); }
        _torchSharp = LoadLibrary(Loadable(Path.Combine(folder, LibTorchFolder.TorchSharpLibrary)));
        if (!_resolves)
        {
            NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => name == "LibTorchSharp" ? _torchSharp : nint.Zero);
            _resolves = true;      // an assembly takes one resolver for good
        }

        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw new TorchUnavailableException($"TorchSharp does not accept the libraries in {folder}: {e.Message}", e);
        }
    }

    private static nint LoadLibrary(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // The loader's text says which file or symbol it misses, over several lines of attempts.
            throw new TorchUnavailableException($"{path} does not load: {e.Message.ReplaceLineEndings(" ").Trim()}", e);
        }
    }

    /// <summary>The library itself, or a copy that the host's older C++ runtime accepts.</summary>
    private static string Loadable(string path)
    {
        try
        {
            var repaired = SymbolVersionRepair.Apply(File.ReadAllBytes(path), HostVersions());
            return repaired is null ? path : RepairedLibraryCache.ForUser().Store(Path.GetFileName(path), repaired);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new TorchUnavailableException($"{path} cannot be prepared for this machine: {e.Message}", e);
        }
    }

    /// <summary>The symbol versions of the libstdc++ that libtorch has just brought into the process.</summary>
    private static IReadOnlyList<string> HostVersions()
    {
        var line = File.ReadLines("/proc/self/maps").FirstOrDefault(l => l.Contains("/libstdc++.so.6", StringComparison.Ordinal))
            ?? throw new TorchUnavailableException("libstdc++.so.6 is not loaded: libtorch needs glibc and the GNU C++ library (Debian: libstdc++6).");
        return ElfImage.Parse(File.ReadAllBytes(line[line.IndexOf('/', StringComparison.Ordinal)..])).DefinedVersions;
    }

    /// <summary>Sets a variable of the C environment, which is not the runtime's, unless it is set.</summary>
    private static void SetDefault(string name, string value) => _ = SetVariable(Encoding.UTF8.GetBytes(name + '\0'), Encoding.UTF8.GetBytes(value + '\0'), 0);

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(byte[] name, byte[] value, int overwrite);
}
