using HsStream.Scoring.Bundles;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace HsStream.Service.Console;

/// <summary><c>GET /v1/bundles/{version}/{file}</c>: the bytes of a bundle, for scorers that lack it. Whoever fetches them verifies them.</summary>
internal static class BundlesEndpoints
{
    public static IEndpointRouteBuilder MapBundles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/bundles/{version}/{file}", GetFile);
        return routes;
    }

    private static Results<PhysicalFileHttpResult, ProblemHttpResult> GetFile(string version, string file, BundleStore bundles)
    {
        string directory;
        try
        {
            directory = bundles.PathOf(version);
        }
        catch (ArgumentException)
        {
            return Problems.Of(new Refusal("version", "sha256: and 64 hexadecimal digits", Refusal.Show(version)));
        }

        if (BundleReader.TryReadManifest(directory) is not { } manifest) { return Problems.NotFound($"version: there is no bundle {version} here."); }
        // Only names of the manifest's own list reach the file system.
        var isManifest = file == Bundle.ManifestFile;
        var listed = manifest.Files.FirstOrDefault(one => one.Name == file);
        if (!isManifest && listed is null) { return Problems.NotFound($"file: the bundle has no file {Refusal.Show(file)}."); }
        var path = Path.Combine(directory, isManifest ? Bundle.ManifestFile : listed!.Name);
        if (!File.Exists(path)) { return Problems.NotFound($"file: {file} of the bundle is missing here."); }
        var tag = new EntityTagHeaderValue($"\"{(isManifest ? manifest.ModelVersion : listed!.Sha256)}\"");
        return TypedResults.PhysicalFile(path, "application/octet-stream", entityTag: tag);
    }
}
