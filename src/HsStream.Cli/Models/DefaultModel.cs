using System.Text.Json.Nodes;
using HsStream.Cli.Train;
using HsStream.Embedded.Postgres;
using HsStream.Scoring.Bundles;

namespace HsStream.Cli.Models;

/// <summary>A model for those who have none: the newest of the folder, else the default one, trained from the shipped catalogue.</summary>
internal static class DefaultModel
{
    private const int SigTerm = 15;

    /// <returns>The newest sound bundle; null when there is none.</returns>
    public static Bundle? Newest(BundleStore store, TextWriter errors) => Newest(store, errors, _ => true);

    /// <returns>The newest that was trained from the shipped catalogue's lines; null when there is none.</returns>
    public static Bundle? NewestDefault(BundleStore store, TextWriter errors) => Newest(store, errors, manifest => manifest.Dataset.Source == TrainVerb.GeneratedSource);

    private static Bundle? Newest(BundleStore store, TextWriter errors, Func<BundleManifest, bool> wanted)
    {
        var byAge = store.List()
            .Select(version => (Version: version, Manifest: BundleReader.TryReadManifest(store.PathOf(version))))
            .OrderByDescending(entry => entry.Manifest?.CreatedAt ?? DateTimeOffset.MinValue).ThenBy(entry => entry.Version, StringComparer.Ordinal);
        foreach (var (version, manifest) in byAge)
        {
            try
            {
                if (manifest is null || wanted(manifest)) { return store.Open(version); }
            }
            catch (BundleException e)
            {
                lock (errors) { errors.WriteLine($"hsstream: {version} is left out: {e.Message}"); }
            }
        }

        return null;
    }

    /// <summary>Trains in a process of its own, so that this one never holds libtorch. It goes on where an interrupted training stopped.</summary>
    /// <param name="prefix">Before each line of progress.</param>
    /// <exception cref="OperatorException">The training failed.</exception>
    public static async Task<Bundle> TrainAsync(BundleStore store, TextWriter errors, string prefix, CancellationToken cancellationToken)
    {
        using var process = ThisProgram.Start(["train", "--models", store.Root, "--json"], errors, prefix);
        string output;
        try
        {
            output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            NativeCalls.Signal(process.Id, SigTerm);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        if (process.ExitCode != 0) { throw new OperatorException($"the training of the default model ended with exit code {process.ExitCode}; hsstream train --models {store.Root} shows why"); }
        return store.Open((string)JsonNode.Parse(output)!["modelVersion"]!);
    }
}
