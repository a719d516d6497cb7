using System.Diagnostics;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;

namespace HsStream.Domain.ModelLifecycle.Experiments;

public abstract record ExperimentCommand
{
    private ExperimentCommand() { }

    public sealed record Start(ExperimentPlan Plan, Mandate Mandate, DateTimeOffset At) : ExperimentCommand;

    public sealed record Finish(Mandate Mandate, DateTimeOffset At) : ExperimentCommand;

    /// <summary>Notes what <c>hs.experiments</c> told the scorers.</summary>
    public sealed record NoteAnnouncement(Experiment Experiment, Origin Origin) : ExperimentCommand;
}

public abstract record ExperimentEvent
{
    private ExperimentEvent() { }

    public sealed record Started(ExperimentPlan Plan, Mandate Mandate, DateTimeOffset At) : ExperimentEvent;

    public sealed record Ended(Mandate Mandate, DateTimeOffset At) : ExperimentEvent;

    public sealed record Announced(Experiment Experiment, Origin Origin) : ExperimentEvent;
}

/// <param name="CandidateShare">0 to 1; 0 in <see cref="ExperimentKind.Shadow"/>.</param>
public sealed record ExperimentPlan(string ExperimentId, ExperimentKind Kind, string Champion, string Candidate, double CandidateShare, string Salt);

/// <param name="Version">Events so far.</param>
public sealed record ExperimentState(long Version, ExperimentPlan? Plan, bool HasEnded, Experiment? Announced, Origin? AnnouncedAt)
{
    public static ExperimentState Initial { get; } = new(0, null, false, null, null);
}

/// <summary>The rules of one experiment: it runs once, under one plan.</summary>
public static class ExperimentDecider
{
    public static Decision<ExperimentEvent> Decide(ExperimentState state, ExperimentCommand command) => command switch
    {
        ExperimentCommand.NoteAnnouncement c => Note(state, c),
        ExperimentCommand.Start { Mandate.Problem: { } problem } => Decision<ExperimentEvent>.Reject(problem),
        ExperimentCommand.Finish { Mandate.Problem: { } problem } => Decision<ExperimentEvent>.Reject(problem),
        ExperimentCommand.Start c when state.Plan == c.Plan && !state.HasEnded => Decision<ExperimentEvent>.Nothing,
        ExperimentCommand.Start when state.Plan is not null => Decision<ExperimentEvent>.Reject("Expected a new experiment id, got one that was used."),
        ExperimentCommand.Start { Plan: { CandidateShare: not (>= 0 and <= 1) } plan } =>
            Decision<ExperimentEvent>.Reject($"Expected a share from 0 to 1, got {plan.CandidateShare}."),
        ExperimentCommand.Start { Plan: { Kind: ExperimentKind.Shadow, CandidateShare: not 0 } plan } =>
            Decision<ExperimentEvent>.Reject($"Expected a share of 0 in shadow, got {plan.CandidateShare}."),
        ExperimentCommand.Start c => Decision<ExperimentEvent>.Record(new ExperimentEvent.Started(c.Plan, c.Mandate, c.At)),
        ExperimentCommand.Finish when state.Plan is null => Decision<ExperimentEvent>.Reject("Expected an experiment that was started, got none."),
        ExperimentCommand.Finish when state.HasEnded => Decision<ExperimentEvent>.Nothing,
        ExperimentCommand.Finish c => Decision<ExperimentEvent>.Record(new ExperimentEvent.Ended(c.Mandate, c.At)),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    public static ExperimentState Evolve(ExperimentState state, ExperimentEvent fact)
    {
        var next = state with { Version = state.Version + 1 };
        return fact switch
        {
            ExperimentEvent.Started e => next with { Plan = e.Plan },
            ExperimentEvent.Ended => next with { HasEnded = true },
            ExperimentEvent.Announced e => next with { Announced = e.Experiment, AnnouncedAt = e.Origin },
            _ => throw new UnreachableException(fact.GetType().Name),
        };
    }

    private static Decision<ExperimentEvent> Note(ExperimentState state, ExperimentCommand.NoteAnnouncement command) =>
        !double.IsFinite(command.Experiment.CandidateShare) ? Decision<ExperimentEvent>.Reject($"Expected a share from 0 to 1, got {command.Experiment.CandidateShare}.")
        : state.AnnouncedAt?.Position == command.Origin.Position || state.Announced == command.Experiment ? Decision<ExperimentEvent>.Nothing
        : Decision<ExperimentEvent>.Record(new ExperimentEvent.Announced(command.Experiment, command.Origin));
}
