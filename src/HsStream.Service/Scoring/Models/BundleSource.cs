using HsStream.Scoring.Bundles;

namespace HsStream.Service.Scoring.Models;

/// <summary>Bundles from the directory of this machine, else from a console. Every byte is verified before it is used.</summary>
internal sealed class BundleSource(BundleStore store, BundleDownload? download)
{
    /// <exception cref="BundleException">It is missing or damaged, and no console has a sound one.</exception>
    /// <exception cref="HttpRequestException">The console cannot be reached.</exception>
    public async Task<Bundle> GetAsync(string version, CancellationToken cancellationToken)
    {
        try
        {
            return store.Open(version);
        }
        catch (BundleException) when (download is not null)
        {
            // Fetched below. A damaged one is only put aside once a sound one is here.
        }

        var arrived = await download.FetchAsync(version, cancellationToken);
        try
        {
            if (store.Contains(version)) { PutAside(version); }
            store.Import(arrived);
        }
        finally
        {
            Directory.Delete(arrived, recursive: true);
        }

        return store.Open(version);
    }

    private void PutAside(string version)
    {
        var path = store.PathOf(version);
        try
        {
            Directory.Move(path, Path.Combine(store.Root, $".damaged.{Path.GetFileName(path)}.{Guid.NewGuid():n}"));
        }
        catch (DirectoryNotFoundException)
        {
            // Another process was quicker.
        }
    }
}
