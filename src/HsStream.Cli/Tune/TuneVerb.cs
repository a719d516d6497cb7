using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using HsStream.Cli.Dataset;
using HsStream.Cli.Model;
using HsStream.Cli.Train;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;
using HsStream.Training.Catalogue;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;
using HsStream.Training.Networks;
using HsStream.Training.Tuning;

namespace HsStream.Cli.Tune;

/// <summary><c>hsstream tune</c>: searches the settings that train best, within a budget.</summary>
internal static class TuneVerb
{
    private const int StandardTrials = 20;

    public static Command Describe()
    {
        var data = new Option<string?>("--data") { Description = "CSV, TSV or JSON lines of descriptions with codes; default: shipment lines generated from the shipped catalogue.", HelpName = "FILE" };
        var importing = new ImportFlags();
        var models = new ModelFlags();
        var architecture = new Option<string>("--architecture") { Description = $"One of {string.Join(", ", Architectures.Names)}.", HelpName = "NAME", DefaultValueFactory = _ => Architectures.Default };
        var trials = CommonOptions.Number("--trials", 1, $"Settings to try, those of an interrupted search included; default: {StandardTrials}, or no bound with --minutes.");
        var minutes = CommonOptions.Number("--minutes", 1, "Begin no trial after this time.");
        var space = new Option<string?>("--space")
        {
            Description = "What to search, as JSON: {\"network.head.dropout\": {\"kind\": \"continuous\", \"least\": 0, \"most\": 0.7}, ...}; default: step sizes, dropout, smoothing and widths.",
            HelpName = "FILE",
        };
        var log = new Option<string?>("--log") { Description = "Where trials are written, one JSON object a line, and from where the search goes on; default: beside the models.", HelpName = "FILE" };
        var write = new Option<string?>("--write") { Description = "Folder for the best settings: network.json and training.json, as hsstream train takes them.", HelpName = "DIR" };
        var epochs = CommonOptions.Number("--epochs", 1, "Rounds through the data of a trial; default: 10.");
        var seed = CommonOptions.Number("--seed", 0, "Equal seeds and data give equal searches; default: 1.");
        var threads = CommonOptions.Number("--threads", 1, "Threads of training; default: 2.");
        var generated = CommonOptions.Number("--generated-lines", 100, $"Lines to generate without --data; default: {TrainVerb.GeneratedLines}.");
        var noCatalogue = new Option<bool>("--no-catalogue") { Description = "Learn from the data alone, without the shipped catalogue's phrases." };
        var network = TrainVerb.Settings("--network", "network");
        var training = TrainVerb.Settings("--training", "training options");
        var encoder = TrainVerb.Settings("--encoder", "encoder's definition");
        var json = CommonOptions.Json("Print the best trial as one JSON object.");
        var verb = new Command("tune", "Search the settings that train best. An interrupted search goes on where it stopped when it is started again.") { data };
        importing.AddTo(verb, withCodes: true);
        foreach (var option in (Option[])[architecture, trials, minutes, space, log, write, epochs, seed, threads, generated, noCatalogue, network, training, encoder]) { verb.Add(option); }
        models.AddTo(verb, withModel: false);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var import = importing.Read(parsed);
            var file = parsed.GetValue(data);
            var read = file is null ? null : LabelledFile.Read(file, import, importing.NamesEdition(parsed), errors, cancellationToken);
            var standard = new ModelSettings();
            var settings = standard with
            {
                Architecture = parsed.GetValue(architecture)!,
                Edition = read?.Edition ?? NomenclatureEdition.Hs2022,
                Seed = parsed.GetValue(seed) ?? 1,
                CatalogueWeight = parsed.GetValue(noCatalogue) ? 0 : standard.CatalogueWeight,
                Network = Parse<NetworkDefinition>(parsed.GetValue(network)),
                Training = Parse<TrainingOptions>(parsed.GetValue(training)) ?? TrainingRecipes.For(parsed.GetValue(architecture)!),
                Encoder = Parse<EncoderDefinition>(parsed.GetValue(encoder)) ?? standard.Encoder,
            };
            settings = settings with
            {
                Training = settings.Training with
                {
                    Epochs = (int?)parsed.GetValue(epochs) ?? settings.Training.Epochs,
                    Threads = (int?)parsed.GetValue(threads) ?? settings.Training.Threads,
                },
            };
            settings.Validate();
            var searched = parsed.GetValue(space) is { } spaceFile ? SearchSpaceFile.Parse(TrainVerb.ReadFile(spaceFile)) : ModelSearch.DefaultSpace(settings.Definition);
            var logPath = parsed.GetValue(log) ?? Path.Combine(models.WritableStore(parsed).Root, $".tuning-{settings.Architecture}-{settings.Seed}.jsonl");
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logPath))!);
            var rows = read?.Rows.Select(row => (row.Text, row.Code)) ?? TrainVerb.Generate((int)(parsed.GetValue(generated) ?? TrainVerb.GeneratedLines), (ulong)settings.Seed);
            var set = TrainingSet.Of(rows, settings, ProductCatalogue.Shipped);
            using var stop = new StopSignals(cancellationToken);
            var search = ModelSearch.Of(set, settings, TimeProvider.System);
            var time = parsed.GetValue(minutes) is { } bound ? TimeSpan.FromMinutes(bound) : (TimeSpan?)null;
            var budget = new TuningBudget((int?)parsed.GetValue(trials) ?? (time is null ? StandardTrials : null), time);
            var done = new Tuner(new BayesianSearch(searched, settings.Seed), settings.Seed, budget, TimeProvider.System)
            {
                LogPath = logPath,
                Subject = SubjectOf(set, settings),
                Progress = new Lines(errors),
            }.Run((point, isWorthGoingOn) => search.Evaluate(point, isWorthGoingOn, stop.Token), stop.Token);
            var best = done.Where(trial => trial.Value is not null).MaxBy(trial => trial.Value)
                ?? throw new OperatorException($"no trial gave a result; the last one: {done[^1].Error}");
            if (parsed.GetValue(write) is { } folder) { Write(folder, search.SettingsAt(Tuner.ToPoint(searched, best))); }
            await output.WriteLineAsync(parsed.GetValue(json) ? Json(best, done.Count, logPath) : Text(best, done.Count));
            return 0;
        });
        return verb;
    }

    private static T? Parse<T>(string? file)
        where T : class => file is null ? null : SettingsFile.Parse<T>(TrainVerb.ReadFile(file), file);

    /// <summary>Hash of what a trial depends on besides its point and the seed.</summary>
    private static string SubjectOf(TrainingSet set, ModelSettings settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(settings.Definition.ToJson());
        hash.AppendData(settings.Training.ToJson());
        hash.AppendData(settings.Encoder.ToJson());
        foreach (var text in set.Texts) { hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{text.Text}\t{text.Code}\t{text.Weight}\n")); }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Write(string folder, (NetworkDefinition Network, TrainingOptions Training) settings)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "network.json"), settings.Network.ToJson());
        File.WriteAllBytes(Path.Combine(folder, "training.json"), settings.Training.ToJson());
    }

    private static string Text(Trial best, int trials) => string.Join('\n', (string[])
    [
        string.Create(CultureInfo.InvariantCulture, $"best of {trials}: trial {best.Number}, HS6 {best.Value:0.0000} top-1 on held-out texts"),
        .. best.Parameters.Select(parameter => $"  {parameter.Key,-36} {parameter.Value}"),
    ]);

    private static string Json(Trial best, int trials, string log)
    {
        var parameters = new JsonObject();
        foreach (var (name, value) in best.Parameters) { parameters[name] = value; }
        return JsonLine.Write(new JsonObject { ["trials"] = trials, ["best"] = best.Number, ["heldOutHs6"] = best.Value, ["parameters"] = parameters, ["log"] = log });
    }

    private sealed class Lines(TextWriter errors) : IProgress<Trial>
    {
        private double _best = double.NegativeInfinity;

        public void Report(Trial value)
        {
            var mark = value.Value > _best ? " *" : "";
            _best = Math.Max(_best, value.Value ?? double.NegativeInfinity);
            var result = value.Value is { } found ? string.Create(CultureInfo.InvariantCulture, $"{found:0.0000}{mark}{(value.Stopped ? " given up" : "")}") : $"failed: {value.Error}";
            errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trial {value.Number} ({value.Seconds:0} s): {result}  {string.Join(", ", value.Parameters.Select(p => $"{p.Key}={p.Value}"))}"));
        }
    }
}
