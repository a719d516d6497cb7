using HsStream.Domain.Classification;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Store.Reading;

namespace HsStream.Cli.Backtest;

/// <summary>True codes as they were known at some time: what was recorded later is hidden.</summary>
internal sealed class KnownLabels(LedgerQueries queries, DateTimeOffset knownAt, NomenclatureEdition edition)
{
    /// <returns>The code that the last correction recorded by then says; null when there was none, or none of this edition.</returns>
    public async Task<string?> LabelAsync(LedgerPrediction decision, CancellationToken cancellationToken)
    {
        // Most decisions have no correction at all; only the timeline says when one was recorded.
        if (decision.Corrections.Count == 0 || await queries.DecisionAsync(decision.Prediction.DescriptionId, cancellationToken) is not { } timeline) { return null; }
        var last = timeline.Events
            .Where(stored => stored.RecordedAt <= knownAt)
            .Select(stored => stored.Data).OfType<ClassificationEvent.LabelCorrected>().Select(fact => fact.Correction)
            .LastOrDefault(correction => correction.InputHash is null || correction.InputHash == decision.Prediction.InputHash);
        return last is null ? null : InEdition(last);
    }

    /// <summary>The shipper's own code where it is one of the edition: a weak label.</summary>
    public string? Declared(LedgerPrediction decision) =>
        decision.Goods?.DeclaredCode is { } text && HsCode.TryParse(text, out var code) && code.Level == HsLevel.Subheading && HsNomenclature.Of(edition).Contains(code) ? code.ToString() : null;

    private string? InEdition(LabelCorrection correction) => correction.Edition == edition ? correction.Code.ToString() : null;
}
