using System.CommandLine;
using System.Globalization;
using System.Reflection;
using HsStream.Cli.Model;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Training.Evaluation;
using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Prequential;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;
using HsStream.Training.Networks;

namespace HsStream.Cli.Evaluate;

/// <summary><c>hsstream evaluate</c>: how good models are and what they cost, as tables, page and data.</summary>
internal static class EvaluateVerb
{
    public static Command Describe()
    {
        var data = new EvaluationDataFlags();
        var models = new ModelFlags();
        var model = new Option<string?>("--model") { Description = "Ask this model instead of making new ones: the folder of a bundle, or the first digits of a model version.", HelpName = "DIR|VERSION" };
        var architectures = new Option<string>("--architectures")
        {
            Description = $"Networks to compare, separated by commas: {string.Join(", ", Architectures.Names)}, or default. The first answers every part, the others the first part.",
            HelpName = "NAMES",
            DefaultValueFactory = _ => "default",
        };
        var blocks = CommonOptions.Number("--blocks", 2, "Blocks of the raw stream, the first of which only teaches; default: 8.");
        var seed = CommonOptions.Number("--seed", 0, "Of training and of the resampled intervals; default: 1.");
        var epochs = CommonOptions.Number("--epochs", 1, "Rounds through the data; default: as train.");
        var epochsOfOthers = CommonOptions.Number("--epochs-of-others", 1, "Rounds of the architectures after the first; sequence networks are slow. Default: --epochs, or what train takes for each.");
        var noCatalogue = new Option<bool>("--no-catalogue") { Description = "Learn from the data alone, without the shipped catalogue's phrases." };
        var coverage = new Option<double>("--coverage") { Description = "Promised by the conformal sets.", HelpName = "SHARE", DefaultValueFactory = _ => new ScoringOptions().Coverage };
        var measure = CommonOptions.Number("--measure-seconds", 0, "How long each figure of the cost of serving is measured; default: 3.");
        var report = new Option<string?>("--report") { Description = "Folder for report.html, evaluation.json and evaluation.md.", HelpName = "DIR" };
        var command = new Option<string?>("--command") { Description = "What the report names as the way to make it again; default: this command line.", HelpName = "TEXT" };
        var json = CommonOptions.Json("Print the report as JSON.");
        var verb = new Command("evaluate", "Measure accuracy, confidence and cost: of new models on divisions of the data, or with --model of one that is there.");
        data.AddTo(verb);
        verb.Add(model);
        models.AddTo(verb, withModel: false);
        foreach (var option in (Option[])[architectures, blocks, seed, epochs, epochsOfOthers, noCatalogue, coverage, measure, report, command, json]) { verb.Add(option); }
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            using var stop = new StopSignals(cancellationToken);
            var seedValue = parsed.GetValue(seed) ?? 1;
            var promised = parsed.GetValue(coverage);
            if (promised is not (>= 0.5 and <= 0.999)) { throw new OperatorException($"--coverage is {promised.ToString(CultureInfo.InvariantCulture)}; expected 0.5 to 0.999"); }
            var names = Names(parsed.GetValue(architectures)!);
            var folder = parsed.GetValue(report) is { } path ? ReportFolder.Open(path) : null;
            var serving = new ServingOptions(promised, TimeSpan.FromSeconds(parsed.GetValue(measure) ?? 3));
            var wanted = parsed.GetValue(model);
            var input = data.Read(parsed, wanted is not null, seedValue, errors, stop.Token);
            var settings = new ModelSettings { Architecture = names[0], Edition = input.Edition, Seed = seedValue };
            var recipe = TrainingRecipes.For(names[0]);
            settings = settings with
            {
                CatalogueWeight = parsed.GetValue(noCatalogue) ? 0 : settings.CatalogueWeight,
                Training = parsed.GetValue(epochs) is { } rounds ? recipe with { Epochs = (int)rounds } : recipe,
            };
            settings.Validate();
            var (title, parts, prequential) = wanted is null
                ? Make(new EvaluationPlan(names, input.Parts, input.Stream, (int)Math.Min(parsed.GetValue(blocks) ?? 8, int.MaxValue), seedValue), settings, (int?)(parsed.GetValue(epochsOfOthers) ?? parsed.GetValue(epochs)), input, serving, errors, stop.Token)
                : Ask(models.Open(parsed, wanted), input, serving, seedValue, errors, stop.Token);
            var result = new EvaluationReport(
                title, parsed.GetValue(command) ?? CommandText(parsed), Commit, MachineFacts.Describe(TimeProvider.System), input.Facts, seedValue, parts, prequential);
            folder?.Write(result, errors);
            await ReportDisplay.WriteAsync(result, output, parsed.GetValue(json));
            return 0;
        });
        return verb;
    }

    private static Findings Make(EvaluationPlan plan, ModelSettings settings, int? epochsOfOthers, EvaluationInput input, ServingOptions serving, TextWriter errors, CancellationToken cancellationToken)
    {
        var progress = new EvaluationProgress(errors, TimeProvider.System);
        var bundles = Directory.CreateTempSubdirectory("hsstream-evaluate-");
        try
        {
            var maker = new BundleMaker(settings, input.Facts.Source, bundles.FullName, serving.Coverage, serving.TimePerMeasurement, TimeProvider.System) { Progress = progress, EpochsOfOthers = epochsOfOthers };
            var (parts, prequential) = new Evaluator(maker) { Progress = progress.Say }.Run(plan, cancellationToken);
            return new Findings($"Evaluation of {plan.Architectures[0]}", parts, prequential);
        }
        finally
        {
            bundles.Delete(recursive: true);
        }
    }

    private static Findings Ask(Bundle bundle, EvaluationInput input, ServingOptions serving, long seed, TextWriter errors, CancellationToken cancellationToken)
    {
        using var classifier = new BundleClassifier(bundle, serving.Coverage, serving.TimePerMeasurement);
        input.Warn(classifier.Manifest, errors);
        var parts = input.Parts.Select(part => Evaluator.Ask(
            classifier, part.Name, part.Split.Method, part.Split.Test, part.Split.Train.Count > 0 ? part.Split.Train : null, seed, cancellationToken)).ToList();
        return new Findings($"Evaluation of {classifier.Name}, {classifier.ModelVersion[..19]}", parts, null);
    }

    private static string[] Names(string text)
    {
        var names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Name).Distinct().ToArray();
        return names.Length > 0 ? names : throw new OperatorException("--architectures is empty; expected names separated by commas");

        static string Name(string given)
        {
            var plain = given.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
            if (plain == "default") { return Architectures.Default; }
            return Architectures.Names.FirstOrDefault(name => name.Replace("-", "", StringComparison.Ordinal) == plain)
                ?? throw new OperatorException($"--architectures names '{given}'; expected {string.Join(", ", Architectures.Names)} or default");
        }
    }

    private static string CommandText(ParseResult parsed) =>
        $"hsstream {string.Join(' ', parsed.Tokens.Select(token => token.Value.Contains(' ', StringComparison.Ordinal) ? $"\"{token.Value}\"" : token.Value))}";

    /// <summary>The build writes the commit behind the version: 0.1.0+commit.</summary>
    private static string Commit =>
        typeof(EvaluateVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit] ? commit[..Math.Min(12, commit.Length)] : "unknown";

    private sealed record ServingOptions(double Coverage, TimeSpan TimePerMeasurement);

    private sealed record Findings(string Title, IReadOnlyList<PartResult> Parts, PrequentialResult? Prequential);
}
