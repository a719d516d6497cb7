using System.Diagnostics;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using static HsStream.Domain.ModelLifecycle.ModelCommand;
using static HsStream.Domain.ModelLifecycle.ModelEvent;

namespace HsStream.Domain.ModelLifecycle;

/// <summary>The rules of one model version; <see cref="Succession"/> has those between versions.</summary>
public static class ModelDecider
{
    /// <returns>No events when the command repeats what is already recorded.</returns>
    public static Decision<ModelEvent> Decide(ModelState state, ModelCommand command) => (state.Stage, command) switch
    {
        (_, NoteAnnouncement c) => Note(state, c),
        (_, _) when MandateOf(command).Problem is { } problem => Decision<ModelEvent>.Reject(problem),
        (null, Register c) => Problem(c.Facts) is { } problem ? Decision<ModelEvent>.Reject(problem)
            : Decision<ModelEvent>.Record(new Registered(c.Facts, c.Mandate, c.At)),
        (_, Register c) => Same(state.Facts!, c.Facts) ? Decision<ModelEvent>.Nothing
            : Decision<ModelEvent>.Reject($"Expected the facts that {c.Facts.Version} is registered with, got others: a version names its content."),
        (null, _) => Decision<ModelEvent>.Reject("Expected a registered model, got one that is not: register it first."),
        (ModelStage.Shadow, StartShadow) => Decision<ModelEvent>.Nothing,
        (ModelStage.Candidate, StartShadow c) => Decision<ModelEvent>.Record(new ShadowStarted(c.Mandate, c.At)),
        (ModelStage.Champion, Promote or Reinstate) => Decision<ModelEvent>.Nothing,
        (ModelStage.Candidate or ModelStage.Shadow or ModelStage.Experiment, Promote c) => Decision<ModelEvent>.Record(new Promoted(c.Mandate, c.At)),
        (ModelStage.Retired, Reinstate c) when state.HasServed => Decision<ModelEvent>.Record(new Reinstated(c.Mandate, c.At)),
        (ModelStage.Retired, Retire) => Decision<ModelEvent>.Nothing,
        (_, Retire c) => Decision<ModelEvent>.Record(new Retired(c.SupersededBy, c.Mandate, c.At)),
        (var stage, _) => Decision<ModelEvent>.Reject($"{command.GetType().Name} is not allowed while the model is {stage}{(state.HasServed ? " and has served" : "")}."),
    };

    public static ModelState Evolve(ModelState state, ModelEvent fact)
    {
        var next = state with { Version = state.Version + 1 };
        return fact switch
        {
            Registered e => next with { Facts = e.Facts, Stage = ModelStage.Candidate },
            ShadowStarted => next with { Stage = ModelStage.Shadow },
            Promoted or Reinstated => next with { Stage = ModelStage.Champion, HasServed = true },
            Retired => next with { Stage = ModelStage.Retired },
            Announced e => next with { Announced = e.Model, AnnouncedAt = e.Origin },
            _ => throw new UnreachableException(fact.GetType().Name),
        };
    }

    /// <summary>Every announcement is kept but one that says the same as the one before it, which is what compaction would do to them.</summary>
    private static Decision<ModelEvent> Note(ModelState state, NoteAnnouncement command)
    {
        var (known, model) = (state.Announced, command.Model);
        return state.AnnouncedAt?.Position == command.Origin.Position
            || (known is not null && known.Stage == model.Stage && known.Revision == model.Revision && known.ChangedAt == model.ChangedAt)
            ? Decision<ModelEvent>.Nothing
            : Decision<ModelEvent>.Record(new Announced(model, command.Origin));
    }

    private static Mandate MandateOf(ModelCommand command) => command switch
    {
        Register c => c.Mandate,
        StartShadow c => c.Mandate,
        Promote c => c.Mandate,
        Reinstate c => c.Mandate,
        Retire c => c.Mandate,
        _ => throw new UnreachableException(command.GetType().Name),
    };

    private static string? Problem(ModelFacts facts) =>
        !facts.Version.StartsWith("sha256:", StringComparison.Ordinal) || facts.Version.Length != 71
            ? $"Expected a version of sha256: and 64 hexadecimal digits, got '{facts.Version}'."
        : facts.Metrics.FirstOrDefault(m => !double.IsFinite(m.Value)) is { Key: { } name } ? $"Expected finite metrics, got {facts.Metrics[name]} for {name}."
        : null;

    private static bool Same(ModelFacts a, ModelFacts b) =>
        (a.Version, a.Architecture, a.EncoderHash, a.Edition) == (b.Version, b.Architecture, b.EncoderHash, b.Edition)
        && Same(a.Metrics, b.Metrics) && Same(a.Training, b.Training);

    private static bool Same<T>(IReadOnlyDictionary<string, T> a, IReadOnlyDictionary<string, T> b) =>
        a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var other) && EqualityComparer<T>.Default.Equals(p.Value, other));
}
