using System.Diagnostics;
using HsStream.Scoring.Bundles;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>The default model, trained once by <c>hsstream train</c> and kept in artifacts/.</summary>
internal static class BenchmarkBundle
{
    private static readonly string Cache = Path.Combine("artifacts", "bench-models");

    /// <param name="directory">A bundle; null for the default model.</param>
    /// <exception cref="BundleException">The bundle cannot be trusted, or the training left none.</exception>
    public static async Task<Bundle> FindAsync(string? directory)
    {
        if (directory is not null) { return BundleReader.Read(directory); }
        var store = new BundleStore(Cache);
        if (store.List().Count == 0)
        {
            Console.Error.WriteLine("training the default model, a minute or two");
            using var process = Process.Start(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "hsstream.dll"), "train", "--models", Cache]);
            await process.WaitForExitAsync();
        }

        return store.List() is [var first, ..] ? store.Open(first) : throw new BundleException(Cache, ".", "a trained model", "none");
    }
}
