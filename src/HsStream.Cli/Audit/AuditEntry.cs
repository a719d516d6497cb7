using System.Globalization;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Messages;
using HsStream.Store.Reading;

namespace HsStream.Cli.Audit;

/// <summary>One event of a timeline in words: what, by whom, with what to say about it.</summary>
internal sealed record AuditEntry(long Sequence, DateTimeOffset RecordedAt, string What, string By, IReadOnlyList<(string Name, string Value)> Details)
{
    public static AuditEntry Of(StoredEvent stored) => stored.Data switch
    {
        ClassificationEvent.GoodsDescribed e => new(stored.Sequence, stored.RecordedAt, $"described, revision {e.Revision}", e.Goods?.Source ?? "-", [.. Described(e)]),
        ClassificationEvent.CodePredicted e => new(stored.Sequence, stored.RecordedAt, "predicted", $"model {Models.ModelNames.Short(e.Prediction.ModelVersion)}", [.. Predicted(e.Prediction, e.Origin.Position)]),
        ClassificationEvent.ShadowPredicted e => new(stored.Sequence, stored.RecordedAt, "predicted in shadow", $"model {Models.ModelNames.Short(e.Prediction.ModelVersion)}", [.. Predicted(e.Prediction, e.Origin.Position)]),
        ClassificationEvent.PredictionConflicted e => new(stored.Sequence, stored.RecordedAt, "CONFLICT: another result under a recorded id", $"model {Models.ModelNames.Short(e.Prediction.ModelVersion)}", [.. Predicted(e.Prediction, e.Origin.Position)]),
        ClassificationEvent.LabelCorrected e => new(stored.Sequence, stored.RecordedAt, $"corrected to {e.Correction.Code}", e.Correction.CorrectedBy, [.. Corrected(e.Correction, e.Origin.Position)]),
        ClassificationEvent.CorrectionConflicted e => new(stored.Sequence, stored.RecordedAt, "CONFLICT: another correction under a recorded id", e.Correction.CorrectedBy, [.. Corrected(e.Correction, e.Origin.Position)]),
        ClassificationEvent.TextErased e => new(stored.Sequence, stored.RecordedAt, string.Create(CultureInfo.InvariantCulture, $"text erased from {e.Versions.Count} events"), e.Mandate.Actor, [.. Ordered(e.Mandate)]),
        RecordEvent.DeadLettered e => new(stored.Sequence, stored.RecordedAt, $"dead-lettered: {e.Reason}", e.Stage, [("record", e.Record.ToString()), ("detail", e.Content?.Detail ?? "erased"), ("first seen", Instant.Write(e.FirstSeen))]),
        RecordEvent.Replayed e => new(stored.Sequence, stored.RecordedAt, "dead letter replayed", e.Mandate.Actor, [.. Ordered(e.Mandate)]),
        RecordEvent.ContentErased e => new(stored.Sequence, stored.RecordedAt, "dead letter's bytes erased", e.Mandate.Actor, [.. Ordered(e.Mandate)]),
        RecordEvent.Refused e => new(stored.Sequence, stored.RecordedAt, "refused by the ledger", "ledger", [("record", e.Origin.Position.ToString()), ("reason", e.Reason)]),
        _ => new(stored.Sequence, stored.RecordedAt, stored.Type, "-", []),
    };

    private static IEnumerable<(string, string)> Described(ClassificationEvent.GoodsDescribed fact)
    {
        yield return ("text", fact.Goods?.Text ?? "erased");
        yield return ("input hash", fact.InputHash);
        if (fact.Goods?.DeclaredCode is { } declared) { yield return ("declared code", declared); }
        if (fact.DescribedAt is { } at) { yield return ("described at", Instant.Write(at)); }
        foreach (var (name, value) in fact.Goods?.Attributes ?? new Dictionary<string, string>()) { yield return (name, value); }
        yield return ("record", $"{fact.Origin.Position}, {Instant.Write(fact.Origin.Timestamp)}");
    }

    private static IEnumerable<(string, string)> Predicted(Prediction prediction, RecordPosition position)
    {
        var level = prediction.DecidedCode is { } decided ? $"{decided} ({prediction.DecidedLevel.ToString().ToLowerInvariant()})" : "none";
        yield return ("outcome", $"{prediction.Outcome.ToString().ToUpperInvariant()}, decided {level}: {string.Join(", ", prediction.Reasons)}");
        yield return ("model", prediction.ModelVersion);
        yield return ("prediction", $"{prediction.PredictionId}, {position}");
        yield return ("answers", prediction.Origin.ToString());
        yield return ("input hash", prediction.InputHash);
        if (prediction.Issues.Count > 0) { yield return ("issues", string.Join(", ", prediction.Issues)); }
        if (prediction.Plausible is { } sets) { yield return ("plausible", string.Create(CultureInfo.InvariantCulture, $"{sets.Subheadings.Size} subheadings at coverage {sets.Coverage:0.##}")); }
        if (prediction.ExperimentId is { } experiment) { yield return ("experiment", experiment); }
        yield return ("scored at", string.Create(CultureInfo.InvariantCulture, $"{Instant.Write(prediction.Timing.ScoredAt)}, {prediction.Timing.Scoring.TotalMilliseconds:0.0} ms in a batch of {prediction.Timing.BatchRecords}"));
    }

    private static IEnumerable<(string, string)> Corrected(LabelCorrection correction, RecordPosition position)
    {
        yield return ("code", $"{correction.Code} of {correction.Edition}");
        yield return ("reason", correction.Reason);
        if (correction.Evidence is { } evidence) { yield return ("evidence", evidence); }
        yield return ("corrected at", Instant.Write(correction.CorrectedAt));
        yield return ("kind", correction.Kind.ToString().ToUpperInvariant());
        yield return ("correction", $"{correction.CorrectionId}, {position}");
    }

    private static IEnumerable<(string, string)> Ordered(Domain.Ledger.Mandate mandate)
    {
        yield return ("reason", mandate.Reason);
        if (mandate.Evidence is { } evidence) { yield return ("evidence", evidence); }
    }
}
