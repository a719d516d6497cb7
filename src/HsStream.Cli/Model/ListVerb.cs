using System.CommandLine;
using System.Globalization;
using HsStream.Scoring.Bundles;

namespace HsStream.Cli.Model;

/// <summary><c>hsstream model list</c>: what is in the store, newest first.</summary>
internal static class ListVerb
{
    public static Command Describe()
    {
        var flags = new ModelFlags();
        var json = CommonOptions.Json("Print one JSON object a model.");
        var verb = new Command("list", "List the models of the store, newest first. Nothing is verified.");
        flags.AddTo(verb, withModel: false);
        verb.Add(json);
        verb.SetAction(async (parsed, _) =>
        {
            var store = flags.Store(parsed);
            var listing = new Listing("version", "created", "architecture", "edition", "rows", "heldOutHs6", "bytes");
            var manifests = store.List().Select(version => (version, manifest: BundleReader.TryReadManifest(store.PathOf(version)))).ToList();
            foreach (var (_, manifest) in manifests.Where(entry => entry.manifest is not null).OrderByDescending(entry => entry.manifest!.CreatedAt))
            {
                listing.Add(
                    manifest!.ModelVersion, manifest.CreatedAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), manifest.Architecture, manifest.NomenclatureEdition,
                    manifest.Dataset.Rows, manifest.Metrics.TryGetValue("held_out_hs6_top1", out var top1) ? top1 : null, manifest.Files.Sum(file => file.Size));
            }

            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            foreach (var (version, _) in manifests.Where(entry => entry.manifest is null))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"{version}: damaged; hsstream model verify --model {store.PathOf(version)} says how");
            }

            return 0;
        });
        return verb;
    }
}
