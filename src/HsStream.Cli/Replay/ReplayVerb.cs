using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Cli.Models;
using HsStream.Domain.Replay;
using HsStream.Store;
using HsStream.Store.Reading;

namespace HsStream.Cli.Replay;

/// <summary><c>hsstream replay</c>: executes past decisions again and says whether they come out the same, to the bit.</summary>
internal static class ReplayVerb
{
    private const int DecisionsOfStep = 1024;

    public static Command Describe()
    {
        var id = new Argument<string?>("ID") { Description = "Replay the decisions of one description; else a stretch of time.", Arity = ArgumentArity.ZeroOrOne };
        var range = new RangeFlags();
        var model = new Option<string?>("--model") { Description = "Only decisions of this model; first digits of its version.", HelpName = "VERSION" };
        var shadow = new Option<bool>("--shadow") { Description = "Shadow predictions instead of served ones." };
        var resume = new Option<string?>("--resume") { Description = "Keep the run's progress in this file; when it exists, go on where it stopped.", HelpName = "FILE" };
        var models = new Option<string?>("--models") { Description = "Folder of the bundles; default: that of the running hsstream up, else models/ in the data directory.", HelpName = "DIR" };
        var modelsUrl = new Option<string?>("--models-url") { Description = "Console from which missing bundles are fetched; default: that of the running hsstream up.", HelpName = "URL" };
        var json = CommonOptions.Json("One JSON object a decision of ID, or one for the whole run.");
        var connection = new ConnectionFlags();
        var verb = new Command("replay", "Execute past decisions again: IDENTICAL, EQUIVALENT or DIFFERENT. Exits with 1 when one is DIFFERENT or its model is missing.") { id };
        range.AddTo(verb);
        foreach (var option in (Option[])[model, shadow, resume, models, modelsUrl, json]) { verb.Add(option); }
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var console = parsed.InvocationConfiguration;
            var asked = range.Read(parsed) with { IsShadow = parsed.GetValue(shadow) };
            if (parsed.GetValue(id) is not null && (range.IsGiven(parsed) || parsed.GetValue(resume) is not null)) { throw new OperatorException("expected an ID, or --from and --to (with --resume), and not both"); }
            var connections = connection.Read(parsed);
            await using var ledger = await LedgerAccess.OpenAsync(connections, signals.Token);
            if (parsed.GetValue(model) is { } version) { asked = asked with { ModelVersion = (await ModelNames.FindAsync(ledger.Queries, version, signals.Token)).Version }; }
            using var bundles = ReplayModels.Open(parsed.GetValue(models), parsed.GetValue(modelsUrl), connection.DataDirectory(parsed), connections);
            return parsed.GetValue(id) is { } one
                ? await ReplayOneAsync(ledger, new Replayer(bundles), one, asked, parsed.GetValue(json), console, signals.Token)
                : await ReplayRangeAsync(ledger, new Replayer(bundles), bundles, asked, parsed.GetValue(resume), parsed.GetValue(json), console, signals.Token);
        });
        return verb;
    }

    private static async Task<int> ReplayOneAsync(LedgerStore ledger, Replayer replayer, string id, PredictionRange asked, bool isJson, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var decisions = (await DecisionsOf.IdAsync(ledger.Queries, id, asked.IsShadow, cancellationToken)).Where(d => asked.ModelVersion is null || d.Prediction.ModelVersion == asked.ModelVersion).ToList();
        if (decisions.Count == 0) { throw new OperatorException($"the ledger has no {(asked.IsShadow ? "shadow " : "")}prediction of '{id}'{(asked.ModelVersion is null ? " yet" : " by that model")}"); }
        var replayed = await replayer.ReplayAsync(decisions, cancellationToken);
        var listing = new Listing("event", "recordedAt", "model", "code", "verdict", "differences");
        foreach (var one in replayed)
        {
            if (isJson) { await console.Output.WriteLineAsync(JsonLine.Write(ReplayRun.Json(one))); continue; }
            listing.Add(
                one.Recorded.Sequence, Instant.Write(one.Recorded.RecordedAt), ModelNames.Short(one.Recorded.Prediction.ModelVersion), one.Recorded.Prediction.Code.ToString(), one.Verdict.Word(),
                one.Differences.Count == 0 ? null : string.Join("; ", one.Differences));
        }

        if (!isJson) { await listing.WriteAsync(console.Output, isJson: false); }
        return replayed.Any(one => one.Verdict is ReplayVerdict.Different or ReplayVerdict.NoBundle) ? 1 : 0;
    }

    private static async Task<int> ReplayRangeAsync(
        LedgerStore ledger, Replayer replayer, ReplayModels bundles, PredictionRange asked, string? runFile, bool isJson, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var question = new JsonObject
        {
            ["verb"] = "replay",
            ["from"] = asked.From is { } from ? Instant.Write(from) : null,
            ["to"] = asked.To is { } to ? Instant.Write(to) : null,
            ["model"] = asked.ModelVersion,
            ["shadow"] = asked.IsShadow,
        };
        // The end is fixed when the run begins, so that a ledger that grows meanwhile does not move it.
        using var file = await RunFile.OpenAsync(runFile, question, async () => new JsonObject { ["toEvent"] = (await ledger.Queries.StatusAsync(cancellationToken)).LastSequence });
        var bounded = asked with { ToSequence = (long)file.Question["toEvent"]! };
        var run = ReplayRun.Of(file.Steps);
        if (run.Done > 0) { await console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"going on after event {run.Last}, {run.Done} decisions are done")); }
        var total = await ledger.Queries.CountPredictionsAsync(bounded, cancellationToken);
        using (var progress = new ProgressLine(console.Error, "decisions replayed", total, TimeProvider.System))
        {
            progress.Report(run.Done);
            var step = new List<LedgerPrediction>(DecisionsOfStep);
            await foreach (var decision in ledger.Queries.PredictionsAsync(bounded with { FromSequence = run.Last + 1 }, cancellationToken))
            {
                step.Add(decision);
                if (step.Count == DecisionsOfStep) { await DoAsync(step, progress); }
            }

            await DoAsync(step, progress);
        }

        await WriteAsync(run, bundles, total, isJson, console);
        return run[ReplayVerdict.Different] > 0 || run[ReplayVerdict.NoBundle] > 0 ? 1 : 0;

        async Task DoAsync(List<LedgerPrediction> step, ProgressLine progress)
        {
            if (step.Count == 0) { return; }
            var told = run.Different.Count;
            foreach (var one in await replayer.ReplayAsync(step, cancellationToken)) { run.Add(one); }
            step.Clear();
            file.Note(run.ToJson(told));
            progress.Report(run.Done, run.Different.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $", {run.Different.Count} DIFFERENT") : "");
        }
    }

    private static async Task WriteAsync(ReplayRun run, ReplayModels bundles, long total, bool isJson, InvocationConfiguration console)
    {
        if (run.Done == 0) { throw new OperatorException(total == 0 ? "the ledger has no such decision; hsstream as-of now says what it has" : "nothing was replayed"); }
        foreach (var (version, why) in bundles.Missing) { await console.Error.WriteLineAsync($"no bundle of {version}: {why}"); }
        if (isJson)
        {
            await console.Output.WriteLineAsync(JsonLine.Write(run.ToJson()));
            return;
        }

        var counts = new Listing("verdict", "decisions");
        foreach (var verdict in Enum.GetValues<ReplayVerdict>()) { counts.Add(verdict.Word(), run[verdict]); }
        await counts.WriteAsync(console.Output, isJson: false);
        if (run.Different.Count == 0) { return; }
        var different = new Listing("event", "descriptionId", "recordedAt", "model", "code", "codeNow", "differences");
        foreach (var one in run.Different)
        {
            different.Add(
                one["event"]?.DeepClone(), one["descriptionId"]?.DeepClone(), one["recordedAt"]?.DeepClone(), ModelNames.Short((string)one["modelVersion"]!), one["code"]?.DeepClone(), one["codeNow"]?.DeepClone(),
                string.Join("; ", one["differences"]!.AsArray().Select(words => (string?)words)));
        }

        await different.WriteAsync(console.Output, isJson: false);
    }
}
