using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Models;
using HsStream.Cli.Predict;
using HsStream.Cli.Replay;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Explanation;
using HsStream.Store;
using HsStream.Store.Reading;

namespace HsStream.Cli.Audit;

/// <summary>Everything that is known of one description's decisions: the timeline, the models behind it, and each decision executed again and explained.</summary>
/// <param name="Models">Of the timeline, by version; null for one that was never registered here.</param>
internal sealed record AuditReport(
    string DescriptionId, IReadOnlyList<AuditEntry> Timeline, IReadOnlyDictionary<string, ModelRecord?> Models, IReadOnlyList<AuditedDecision> Decisions)
{
    /// <param name="isShort">Executes nothing again.</param>
    public static async Task<AuditReport> MakeAsync(LedgerStore ledger, ReplayModels bundles, string id, bool isShort, CancellationToken cancellationToken)
    {
        var timeline = await DecisionsOf.TimelineAsync(ledger.Queries, id, cancellationToken);
        var decisions = DecisionsOf.Of(timeline, isShadow: false);
        var shadows = DecisionsOf.Of(timeline, isShadow: true);
        var registered = (await ledger.Queries.ModelsAsync(cancellationToken)).ToDictionary(model => model.Version);
        var models = decisions.Concat(shadows).Select(d => d.Prediction.ModelVersion).Distinct().ToDictionary(version => version, registered.GetValueOrDefault);
        var audited = new List<AuditedDecision>();
        var replayer = new Replayer(bundles);
        foreach (var decision in decisions)
        {
            var replayed = isShort ? null : (await replayer.ReplayAsync([decision], cancellationToken))[0];
            audited.Add(new AuditedDecision(decision, replayed, replayed?.Again is null ? null : await ExplainAsync(bundles, decision, cancellationToken)));
        }

        return new AuditReport(id, [.. timeline.Events.Select(AuditEntry.Of)], models, audited);
    }

    public async Task WriteAsync(TextWriter output)
    {
        await output.WriteLineAsync(DescriptionId);
        foreach (var entry in Timeline)
        {
            await output.WriteLineAsync($"\n{Instant.Write(entry.RecordedAt)}  event {entry.Sequence}  {entry.What}  by {entry.By}");
            foreach (var (name, value) in entry.Details) { await output.WriteLineAsync($"    {name,-14} {value}"); }
            if (Decisions.FirstOrDefault(decision => decision.Recorded.Sequence == entry.Sequence) is { } decided) { await WriteAsync(decided, output); }
        }

        foreach (var (version, model) in Models)
        {
            await output.WriteLineAsync($"\nmodel {version}");
            if (model is null) { await output.WriteLineAsync("    never registered in this ledger"); continue; }
            foreach (var (name, value) in ModelsShowVerb.Facts(model).Where(fact => fact.Name != "version")) { await output.WriteLineAsync($"    {name,-28} {value}"); }
            foreach (var step in model.History.Select(ModelStep.Of).OfType<ModelStep>().Where(step => step.IsOrder)) { await output.WriteLineAsync($"    {Instant.Write(step.At)} {step.What} by {step.By}: {step.Reason}"); }
        }
    }

    public JsonObject ToJson() => new()
    {
        ["descriptionId"] = DescriptionId,
        ["timeline"] = new JsonArray([.. Timeline.Select(entry => new JsonObject
        {
            ["event"] = entry.Sequence,
            ["recordedAt"] = Instant.Write(entry.RecordedAt),
            ["what"] = entry.What,
            ["by"] = entry.By,
            ["details"] = new JsonObject(entry.Details.DistinctBy(detail => detail.Name).Select(detail => KeyValuePair.Create(detail.Name, (JsonNode?)detail.Value))),
        })]),
        ["decisions"] = new JsonArray([.. Decisions.Select(decision => decision.ToJson())]),
        ["models"] = new JsonArray([.. Models.Select(model => model.Value is null
            ? new JsonObject { ["version"] = model.Key }
            : new JsonObject(ModelsShowVerb.Facts(model.Value).Select(fact => KeyValuePair.Create(fact.Name, fact.Value))))]),
    };

    private static async Task WriteAsync(AuditedDecision decided, TextWriter output)
    {
        var recorded = decided.Recorded.Prediction;
        var nomenclature = HsNomenclature.Of(recorded.Edition);
        foreach (var (code, probability) in recorded.Subheadings) { await output.WriteLineAsync(Text($"      {code}  {probability:0.000}  {nomenclature.Title(code)?.Text}")); }
        await output.WriteLineAsync(Text($"    confidence     subheading {recorded.Confidence.Subheading:0.000}, heading {recorded.Confidence.Heading:0.000}, chapter {recorded.Confidence.Chapter:0.000}"));
        if (decided.Replayed is { } replayed)
        {
            await output.WriteLineAsync($"    executed again {Domain.Replay.ReplayVerdicts.Word(replayed.Verdict)}{(replayed.Differences.Count > 0 ? $": {string.Join("; ", replayed.Differences)}" : "")}");
        }

        if (decided.Explanation is { } explanation) { await ExplanationText.WriteWhyAsync(explanation, output, "    "); }
    }

    private static async Task<PredictionExplanation?> ExplainAsync(ReplayModels bundles, LedgerPrediction decision, CancellationToken cancellationToken)
    {
        if (decision.Goods is null || await bundles.GetAsync(decision.Prediction.ModelVersion, ReplayModels.OptionsOf(decision.Prediction.Profile), cancellationToken) is not { } loaded) { return null; }
        using var explainer = new Explainer(loaded.Model);
        return explainer.Explain(decision.Goods.Text, new ExplanationOptions());
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <param name="Replayed">Null when nothing was to be executed.</param>
/// <param name="Explanation">Null when it could not be executed.</param>
internal sealed record AuditedDecision(LedgerPrediction Recorded, ReplayedDecision? Replayed, PredictionExplanation? Explanation)
{
    public JsonObject ToJson()
    {
        var recorded = Recorded.Prediction;
        return new JsonObject
        {
            ["event"] = Recorded.Sequence,
            ["predictionId"] = recorded.PredictionId,
            ["modelVersion"] = recorded.ModelVersion,
            ["outcome"] = recorded.Outcome.ToString().ToUpperInvariant(),
            ["code"] = recorded.Code.ToString(),
            ["subheadings"] = new JsonArray([.. recorded.Subheadings.Select(ranked => new JsonObject { ["code"] = ranked.Code.ToString(), ["probability"] = ranked.Probability })]),
            ["verdict"] = Replayed is null ? null : Domain.Replay.ReplayVerdicts.Word(Replayed.Verdict),
            ["differences"] = new JsonArray([.. (Replayed?.Differences ?? []).Select(words => JsonValue.Create(words))]),
            ["explanation"] = Explanation is null || Recorded.Goods is null ? null : ExplanationText.Json(Recorded.Goods.Text, Explanation),
        };
    }
}
