using System.CommandLine;
using System.Text;

namespace HsStream.Cli.Model;

/// <summary><c>hsstream model inspect</c>: where a model comes from, what it was measured at, what it is made of.</summary>
internal static class InspectVerb
{
    public static Command Describe()
    {
        var flags = new ModelFlags();
        var json = CommonOptions.Json("Print the manifest as it is.");
        var verb = new Command("inspect", "Show a model's manifest: data, split, settings, metrics, files.");
        flags.AddTo(verb, withModel: true);
        verb.Add(json);
        verb.SetAction(async (parsed, _) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var bundle = flags.Open(parsed);
            if (parsed.GetValue(json))
            {
                await output.WriteAsync(Encoding.UTF8.GetString(bundle.Manifest.ToJson()));
                return 0;
            }

            var manifest = bundle.Manifest;
            var listing = new Listing("what", "value");
            listing.Add("model version", manifest.ModelVersion);
            listing.Add("folder", bundle.Directory);
            listing.Add("created", manifest.CreatedAt.ToString("u", System.Globalization.CultureInfo.InvariantCulture));
            listing.Add("architecture", manifest.Architecture);
            listing.Add("edition", manifest.NomenclatureEdition);
            listing.Add("seed", manifest.Seed);
            listing.Add("code commit", manifest.CodeCommit);
            listing.Add("encoder", manifest.EncoderHash);
            listing.Add("data", $"{manifest.Dataset.Source}, {manifest.Dataset.Rows} rows, {manifest.Dataset.Hash}");
            if (manifest.Dataset.EventHighWaterMark is { } mark) { listing.Add("last event", mark); }
            listing.Add("split", $"{manifest.Split.Method}: {manifest.Split.TrainingRows} texts, {manifest.Split.CalibrationRows} to calibrate on");
            foreach (var (name, value) in manifest.Metrics) { listing.Add(name, value); }
            foreach (var (name, value) in manifest.HyperParameters) { listing.Add(name, value); }
            foreach (var file in manifest.Files) { listing.Add(file.Name, $"{file.Size} bytes, sha256:{file.Sha256}"); }
            await listing.WriteAsync(output, isJson: false);
            return 0;
        });
        return verb;
    }
}
