using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Store.Reading;

namespace HsStream.Cli.Models;

/// <summary>An event of a model's life in words.</summary>
/// <param name="IsOrder">Somebody ordered it; an announcement only tells the scorers.</param>
internal sealed record ModelStep(long Sequence, DateTimeOffset At, string What, string By, string Reason, string? Evidence, bool IsOrder)
{
    /// <returns>Null for events of others.</returns>
    public static ModelStep? Of(StoredEvent stored) => stored.Data switch
    {
        ModelEvent.Registered e => Order(stored, e.At, "registered", e.Mandate),
        ModelEvent.ShadowStarted e => Order(stored, e.At, "shadow started", e.Mandate),
        ModelEvent.Promoted e => Order(stored, e.At, "promoted", e.Mandate),
        ModelEvent.Reinstated e => Order(stored, e.At, "reinstated", e.Mandate),
        ModelEvent.Retired e => Order(stored, e.At, e.SupersededBy is { } next ? $"retired, superseded by {ModelNames.Short(next)}" : "retired", e.Mandate),
        ModelEvent.Announced e => new ModelStep(stored.Sequence, stored.RecordedAt, $"announced as {Word(e.Model.Stage)} at {e.Origin.Position}", e.Model.ChangedBy, e.Model.Reason, e.Model.Evidence, false),
        _ => null,
    };

    public static string? Word(ModelStage? stage) => stage?.ToString().ToUpperInvariant();

    private static ModelStep Order(StoredEvent stored, DateTimeOffset at, string what, Mandate mandate) => new(stored.Sequence, at, what, mandate.Actor, mandate.Reason, mandate.Evidence, true);
}
