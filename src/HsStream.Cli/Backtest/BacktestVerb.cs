using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Cli.Model;
using HsStream.Cli.Replay;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Store;
using HsStream.Store.Reading;

namespace HsStream.Cli.Backtest;

/// <summary><c>hsstream backtest</c>: what another model would have said over a stretch of history, with the knowledge of then.</summary>
internal static class BacktestVerb
{
    private const int DecisionsOfStep = 1024;

    public static Command Describe()
    {
        var candidate = new Option<string>("--model") { Description = "The candidate: folder of a bundle, or the first digits of its version.", HelpName = "DIR|VERSION", Required = true };
        var range = new RangeFlags();
        var knownAt = new Option<string?>("--known-at") { Description = "Corrections that were recorded later are hidden; default: --to, else now.", HelpName = "TIME" };
        var resume = new Option<string?>("--resume") { Description = "Keep the run's progress in this file; when it exists, go on where it stopped.", HelpName = "FILE" };
        var models = new Option<string?>("--models") { Description = "Folder of the bundles; default: that of the running hsstream up, else models/ in the data directory.", HelpName = "DIR" };
        var json = CommonOptions.Json("Print one JSON object.");
        var connection = new ConnectionFlags();
        var verb = new Command("backtest", "Run a candidate over past descriptions and show what would change, by chapter, and how often it would have been right where a label was known by then.") { candidate };
        range.AddTo(verb);
        foreach (var option in (Option[])[knownAt, resume, models, json]) { verb.Add(option); }
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var asked = range.Read(parsed);
            var known = Instant.ParseOptional("--known-at", parsed.GetValue(knownAt)) ?? asked.To;
            var connections = connection.Read(parsed);
            using var bundles = ReplayModels.Open(parsed.GetValue(models), null, connection.DataDirectory(parsed), connections);
            var bundle = ModelFlags.Open(bundles.Store, parsed.GetValue(candidate)!, "--model");
            await using var ledger = await LedgerAccess.OpenAsync(connections, signals.Token);
            var question = new JsonObject
            {
                ["verb"] = "backtest",
                ["model"] = bundle.ModelVersion,
                ["from"] = asked.From is { } from ? Instant.Write(from) : null,
                ["to"] = asked.To is { } to ? Instant.Write(to) : null,
                ["knownAt"] = known is { } at ? Instant.Write(at) : null,
            };
            using var file = await RunFile.OpenAsync(parsed.GetValue(resume), question, async () => new JsonObject
            {
                ["toEvent"] = (await ledger.Queries.StatusAsync(signals.Token)).LastSequence,
                ["knownAt"] = Instant.Write(known ?? TimeProvider.System.GetUtcNow()),
            });
            var run = await RunAsync(ledger, bundle, asked, file, parsed.InvocationConfiguration, signals.Token);
            await WriteAsync(run, bundle, Instant.Parse("knownAt", (string)file.Question["knownAt"]!), parsed.GetValue(json), parsed.InvocationConfiguration);
            return 0;
        });
        return verb;
    }

    private static async Task<BacktestRun> RunAsync(LedgerStore ledger, Bundle bundle, PredictionRange asked, RunFile file, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var bounded = asked with { ToSequence = (long)file.Question["toEvent"]! };
        var run = BacktestRun.Of(file.Steps);
        var total = await ledger.Queries.CountPredictionsAsync(bounded, cancellationToken);
        var edition = NomenclatureEdition.Parse(bundle.Manifest.NomenclatureEdition);
        var labels = new KnownLabels(ledger.Queries, Instant.Parse("knownAt", (string)file.Question["knownAt"]!), edition);
        var options = new ScoringOptions();
        using var model = HsModel.Load(bundle, options);
        using var pool = new Predict.ScorerPool(model, Environment.ProcessorCount);
        if (bundle.Manifest.Dataset.EventHighWaterMark is { } mark && run.Done == 0 && total > 0)
        {
            await console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"the candidate was trained on events up to {mark}: what it says of earlier ones is no forecast"));
        }

        using var progress = new ProgressLine(console.Error, "decisions compared", total, TimeProvider.System);
        progress.Report(run.Done);
        var step = new List<LedgerPrediction>(DecisionsOfStep);
        await foreach (var decision in ledger.Queries.PredictionsAsync(bounded with { FromSequence = run.Last + 1 }, cancellationToken))
        {
            step.Add(decision);
            if (step.Count == DecisionsOfStep) { await DoAsync(); }
        }

        await DoAsync();
        return run;

        async Task DoAsync()
        {
            if (step.Count == 0) { return; }
            var readable = step.Where(decision => decision.Goods is not null).ToList();
            var scored = pool.Score([.. readable.Select(decision => decision.Goods!.Text)]);
            for (var i = 0; i < scored.Length; i++)
            {
                var (then, now) = (readable[i].Prediction, Replayer.Message(scored[i], readable[i], options));
                // Labels count where both models speak of the same edition.
                var isComparable = then.Edition == edition;
                var label = isComparable ? await labels.LabelAsync(readable[i], cancellationToken) : null;
                var declared = isComparable ? labels.Declared(readable[i]) : null;
                run.All.Add(then, now, label, declared);
                run.Chapter(then.Code.Chapter.ToString()).Add(then, now, label, declared);
            }

            run.Erased += step.Count - readable.Count;
            run.Last = step[^1].Sequence;
            step.Clear();
            file.Note(run.ToJson());
            progress.Report(run.Done);
        }
    }

    private static async Task WriteAsync(BacktestRun run, Bundle bundle, DateTimeOffset knownAt, bool isJson, InvocationConfiguration console)
    {
        if (run.Done == 0) { throw new OperatorException("the ledger has no decision in this stretch; hsstream as-of now says what it has"); }
        if (isJson)
        {
            var json = run.ToJson();
            json["model"] = bundle.ModelVersion;
            json["knownAt"] = Instant.Write(knownAt);
            await console.Output.WriteLineAsync(JsonLine.Write(json));
            return;
        }

        var listing = new Listing("chapter", "title", "decisions", "changed", "changedSilently", "autoThen", "autoNow", "labelled", "rightThen", "rightNow", "declared", "agreesThen", "agreesNow");
        var nomenclature = HsNomenclature.Of(NomenclatureEdition.Parse(bundle.Manifest.NomenclatureEdition));
        foreach (var (chapter, tally) in run.Chapters.OrderByDescending(entry => entry.Value.Changed).ThenBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Add(chapter, HsCode.TryParse(chapter, out var code) ? nomenclature.Title(code)?.Text : null, tally);
        }

        Add("all", null, run.All);
        await listing.WriteAsync(console.Output, isJson: false);
        await console.Error.WriteLineAsync($"labels as known at {Instant.Write(knownAt)}; declared codes are the shippers' own{(run.Erased > 0 ? $"; {run.Erased} decisions left out, as their text was erased" : "")}");

        void Add(string chapter, string? title, ChapterTally tally) => listing.Add(
            chapter, title, tally.Decisions, tally.Changed, tally.ChangedSilently, tally.AutoThen, tally.AutoNow, tally.Labelled, tally.RightThen, tally.RightNow, tally.Declared, tally.AgreesThen, tally.AgreesNow);
    }
}
