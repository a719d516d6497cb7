using HsStream.Domain.Classification;
using HsStream.Store.Reading;

namespace HsStream.Cli.Replay;

/// <summary>The decisions about one description, as a range of the ledger gives them.</summary>
internal static class DecisionsOf
{
    /// <exception cref="OperatorException">The ledger knows nothing of it.</exception>
    public static async Task<List<LedgerPrediction>> IdAsync(LedgerQueries queries, string id, bool isShadow, CancellationToken cancellationToken) =>
        Of(await TimelineAsync(queries, id, cancellationToken), isShadow);

    /// <exception cref="OperatorException">The ledger knows nothing of it.</exception>
    public static async Task<DecisionTimeline> TimelineAsync(LedgerQueries queries, string id, CancellationToken cancellationToken) =>
        await queries.DecisionAsync(id, cancellationToken)
        ?? throw new OperatorException($"the ledger has nothing of '{id}'; was it published (hsstream tail hs.descriptions --key '{id}'), and has the ledger come so far (hsstream status)?");

    public static List<LedgerPrediction> Of(DecisionTimeline timeline, bool isShadow)
    {
        var found = new List<LedgerPrediction>();
        foreach (var stored in timeline.Events)
        {
            var (prediction, origin) = stored.Data switch
            {
                ClassificationEvent.CodePredicted e when !isShadow => (e.Prediction, e.Origin),
                ClassificationEvent.ShadowPredicted e when isShadow => (e.Prediction, e.Origin),
                _ => (null, null),
            };
            if (prediction is null) { continue; }
            var described = timeline.Texts.FirstOrDefault(text => text.InputHash == prediction.InputHash);
            found.Add(new LedgerPrediction(
                stored.Sequence, stored.RecordedAt, prediction with { Source = described?.Goods?.Source }, origin!, described?.Goods, described is { Goods: null }, described?.Origin.Timestamp,
                [.. timeline.Corrections]));
        }

        return found;
    }
}
