using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;

namespace HsStream.Store.Reading;

/// <summary>Turns the events of models into the messages that tell of them.</summary>
internal static class ModelChanges
{
    /// <param name="events">All events of models and experiments, from the first one on: a message tells a whole state.</param>
    public static IEnumerable<ModelChange> Of(IEnumerable<StoredEvent> events)
    {
        var models = new Dictionary<string, ModelState>();
        var experiments = new Dictionary<string, ExperimentPlan>();
        foreach (var stored in events)
        {
            switch (stored.Data)
            {
                case ModelEvent fact:
                    var state = models[stored.StreamId] = ModelDecider.Evolve(models.GetValueOrDefault(stored.StreamId, ModelState.Initial), fact);
                    if (MandateOf(fact) is var (mandate, at) && state.Facts is not null)
                    {
                        yield return new ModelChange(stored.Sequence, Message(state, stored.Version, mandate, at), null);
                    }

                    break;
                case ExperimentEvent.Started e:
                    experiments[stored.StreamId] = e.Plan;
                    yield return new ModelChange(stored.Sequence, null, Message(e.Plan, true, stored.Version, e.Mandate, e.At));
                    break;
                case ExperimentEvent.Ended e:
                    yield return new ModelChange(stored.Sequence, null, Message(experiments[stored.StreamId], false, stored.Version, e.Mandate, e.At));
                    break;
                default:
                    break;
            }
        }
    }

    private static (Mandate Mandate, DateTimeOffset At)? MandateOf(ModelEvent fact) => fact switch
    {
        ModelEvent.Registered e => (e.Mandate, e.At),
        ModelEvent.ShadowStarted e => (e.Mandate, e.At),
        ModelEvent.Promoted e => (e.Mandate, e.At),
        ModelEvent.Reinstated e => (e.Mandate, e.At),
        ModelEvent.Retired e => (e.Mandate, e.At),
        _ => null,
    };

    private static ModelVersion Message(ModelState state, long revision, Mandate mandate, DateTimeOffset at) => new()
    {
        Version = state.Facts!.Version,
        Stage = state.Stage!.Value,
        Revision = revision,
        Architecture = state.Facts.Architecture,
        EncoderHash = state.Facts.EncoderHash,
        Edition = state.Facts.Edition,
        ChangedAt = at,
        ChangedBy = mandate.Actor,
        Reason = mandate.Reason,
        Evidence = mandate.Evidence,
        Metrics = state.Facts.Metrics,
    };

    private static Experiment Message(ExperimentPlan plan, bool isRunning, long revision, Mandate mandate, DateTimeOffset at) => new()
    {
        ExperimentId = plan.ExperimentId,
        Kind = plan.Kind,
        IsRunning = isRunning,
        Champion = plan.Champion,
        Candidate = plan.Candidate,
        CandidateShare = plan.CandidateShare,
        Salt = plan.Salt,
        Revision = revision,
        ChangedAt = at,
        ChangedBy = mandate.Actor,
        Reason = mandate.Reason,
    };
}
