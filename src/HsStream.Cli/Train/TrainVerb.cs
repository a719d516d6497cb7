using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Dataset;
using HsStream.Cli.Model;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;
using HsStream.Training.Catalogue;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;
using HsStream.Training.Networks;
using HsStream.Training.Torch;

namespace HsStream.Cli.Train;

/// <summary><c>hsstream train</c>: labelled descriptions in, a model in the store out.</summary>
internal static class TrainVerb
{
    /// <summary>Generated lines that the default model learns from, besides the catalogue's phrases.</summary>
    internal const int GeneratedLines = 10_000;

    /// <summary>What the manifest of a default model names as the source of its data.</summary>
    internal const string GeneratedSource = "generated from the shipped catalogue";

    /// <summary>Generated lines are learnt quickly, and a newcomer waits for them.</summary>
    private const int GeneratedEpochs = 4;

    public static Command Describe()
    {
        var data = new Option<string?>("--data") { Description = "CSV, TSV or JSON lines of descriptions with codes; default: shipment lines generated from the shipped catalogue.", HelpName = "FILE" };
        var importing = new ImportFlags();
        var models = new ModelFlags();
        var architecture = new Option<string>("--architecture") { Description = $"One of {string.Join(", ", Architectures.Names)}.", HelpName = "NAME", DefaultValueFactory = _ => Architectures.Default };
        var epochs = CommonOptions.Number("--epochs", 1, "Rounds through the data; default: 13 for the default network, 10 for others, 4 for generated lines.");
        var seed = CommonOptions.Number("--seed", 0, "Equal seeds, data and settings give equal weights; default: 1.");
        var threads = CommonOptions.Number("--threads", 1, "Threads of training; default: 2.");
        var device = new Option<string>("--device") { Description = "Where to train: cuda needs a build with -p:Accelerator=cuda and falls back to the processor with a warning; auto takes it where it is there.", HelpName = "auto|cpu|cuda", DefaultValueFactory = _ => "auto" };
        var generated = CommonOptions.Number("--generated-lines", 100, $"Lines to generate without --data; default: {GeneratedLines}.");
        var weight = new Option<double?>("--catalogue-weight")
        {
            Description = $"How much a phrase of the shipped catalogue counts beside a row of the data, 0 to 10; 0 leaves them out; default: {new ModelSettings().CatalogueWeight.ToString(CultureInfo.InvariantCulture)}.",
            HelpName = "WEIGHT",
        };
        var noCatalogue = new Option<bool>("--no-catalogue") { Description = "Learn from the data alone, without the shipped catalogue's phrases." };
        var keepDuplicates = new Option<bool>("--keep-duplicates") { Description = "Let a text that comes n times count n times instead of once." };
        var network = Settings("--network", "network");
        var training = Settings("--training", "training options");
        var encoder = Settings("--encoder", "encoder's definition");
        var json = CommonOptions.Json("Print the result as one JSON object.");
        var verb = new Command("train", "Train a model and add it to the store. An interrupted run goes on where it stopped when it is started again.") { data };
        importing.AddTo(verb, withCodes: true);
        foreach (var option in (Option[])[architecture, epochs, seed, threads, device, generated, weight, noCatalogue, keepDuplicates, network, training, encoder]) { verb.Add(option); }
        models.AddTo(verb, withModel: false);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var import = importing.Read(parsed);
            var preference = parsed.GetValue(device) switch
            {
                "auto" => AcceleratorPreference.Auto,
                "cpu" => AcceleratorPreference.Cpu,
                "cuda" => AcceleratorPreference.Cuda,
                var other => throw new OperatorException($"--device is '{other}'; expected auto, cpu or cuda"),
            };
            var file = parsed.GetValue(data);
            var read = file is null ? null : LabelledFile.Read(file, import, importing.NamesEdition(parsed), errors, cancellationToken);
            var settings = new ModelSettings
            {
                Architecture = parsed.GetValue(architecture)!,
                Edition = read?.Edition ?? NomenclatureEdition.Hs2022,
                Seed = parsed.GetValue(seed) ?? 1,
                CatalogueWeight = parsed.GetValue(noCatalogue) ? 0 : parsed.GetValue(weight) ?? new ModelSettings().CatalogueWeight,
                CollapseDuplicates = !parsed.GetValue(keepDuplicates),
                Network = parsed.GetValue(network) is { } networkFile ? SettingsFile.Parse<NetworkDefinition>(ReadFile(networkFile), networkFile) : null,
                Training = parsed.GetValue(training) is { } trainingFile ? SettingsFile.Parse<TrainingOptions>(ReadFile(trainingFile), trainingFile) : TrainingRecipes.For(parsed.GetValue(architecture)!),
                Encoder = parsed.GetValue(encoder) is { } encoderFile ? SettingsFile.Parse<EncoderDefinition>(ReadFile(encoderFile), encoderFile) : new ModelSettings().Encoder,
            };
            settings = settings with
            {
                Training = settings.Training with
                {
                    Epochs = (int?)parsed.GetValue(epochs) ?? (file is null && parsed.GetValue(training) is null ? GeneratedEpochs : settings.Training.Epochs),
                    Threads = (int?)parsed.GetValue(threads) ?? settings.Training.Threads,
                },
            };
            if (file is null) { settings = settings with { CalibrationParts = 1, CalibrationShare = 0.1 }; }
            settings.Validate();
            var store = models.WritableStore(parsed);
            var rows = read?.Rows.Select(row => (row.Text, row.Code)) ?? Generate((int)(parsed.GetValue(generated) ?? GeneratedLines), (ulong)settings.Seed);
            var set = TrainingSet.Of(rows, settings, ProductCatalogue.Shipped);
            await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{set.DataRows} rows, {set.Texts.Count} different texts with the catalogue's, {set.Texts.Select(text => text.Code).Distinct().Count()} codes of {settings.Edition}"));
            using var stop = new StopSignals(cancellationToken);
            var chosen = TrainingDevices.Choose(preference, out var warning);
            if (warning is not null) { await errors.WriteLineAsync(warning); }
            var built = TrainingDisplay.Run(errors, display => new ModelBuilder(settings, file is null ? GeneratedSource : Path.GetFileName(file), TimeProvider.System)
            {
                Device = chosen,
                Progress = display,
                WorkDirectory = Path.Combine(store.Root, $".training-{settings.Architecture}-{settings.Seed}"),
            }.Build(set, store, stop.Token));
            await WriteAsync(built, output, parsed.GetValue(json));
            return 0;
        });
        return verb;
    }

    internal static Option<string?> Settings(string name, string what) =>
        new(name) { Description = $"The {what} as JSON, in the form that model inspect shows; what is left out has its default.", HelpName = "FILE" };

    internal static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}", e);
        }
    }

    internal static IEnumerable<(string Text, HsCode Code)> Generate(int lines, ulong seed)
    {
        var generator = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = seed, ExpectedCount = lines });
        return generator.Generate(lines).Select(line => (line.Description, line.Label));
    }

    private static async Task WriteAsync(BuiltModel built, TextWriter output, bool isJson)
    {
        if (isJson)
        {
            await output.WriteLineAsync(JsonLine.Write(new JsonObject
            {
                ["modelVersion"] = built.Manifest.ModelVersion,
                ["folder"] = built.Directory,
                ["heldOutHs6"] = Math.Round(built.HeldOut.Subheadings, 4),
                ["heldOutHs4"] = Math.Round(built.HeldOut.Headings, 4),
                ["parameters"] = built.Parameters,
                ["bundleBytes"] = built.BundleBytes,
                ["seconds"] = Math.Round(built.TrainingTime.TotalSeconds, 1),
            }));
            return;
        }

        await output.WriteLineAsync($"model {built.Manifest.ModelVersion}");
        await output.WriteLineAsync($"  folder      {built.Directory}");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  held out    HS6 {built.HeldOut.Subheadings:0.000}, HS4 {built.HeldOut.Headings:0.000} top-1 on {built.Manifest.Split.CalibrationRows} texts that a first run did not see"));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  size        {built.Parameters / 1e6:0.0} M parameters, {built.BundleBytes / 1e6:0.0} MB"));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  time        {built.TrainingTime.TotalSeconds:0} s"));
    }
}
