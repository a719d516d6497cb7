using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;

namespace HsStream.Domain.ModelLifecycle;

/// <summary>The rules between model versions: there is one champion at most.</summary>
public static class Succession
{
    /// <summary>Promotes or reinstates one version and retires whoever serves now.</summary>
    /// <param name="models">Every version's state, by version.</param>
    /// <param name="command"><see cref="ModelCommand.Promote"/> or <see cref="ModelCommand.Reinstate"/>.</param>
    /// <returns>Events by version, the retirement first; to be recorded in one transaction.</returns>
    public static Decision<(string Version, ModelEvent Event)> Decide(
        IReadOnlyDictionary<string, ModelState> models, string version, ModelCommand command, Mandate mandate, DateTimeOffset at)
    {
        var state = models.GetValueOrDefault(version, ModelState.Initial);
        switch (ModelDecider.Decide(state, command))
        {
            case Decision<ModelEvent>.Rejected rejected:
                return Decision<(string, ModelEvent)>.Reject(rejected.Reason);
            case Decision<ModelEvent>.Accepted { Events: [var taken] }:
                var retired = models.Where(m => m.Value.Stage == ModelStage.Champion && m.Key != version).OrderBy(m => m.Key, StringComparer.Ordinal)
                    .Select(m => (m.Key, (ModelEvent)new ModelEvent.Retired(version, mandate, at)));
                return Decision<(string, ModelEvent)>.Record([.. retired, (version, taken)]);
            default:
                return Decision<(string, ModelEvent)>.Nothing;
        }
    }
}
