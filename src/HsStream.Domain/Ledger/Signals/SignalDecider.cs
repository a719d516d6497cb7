using System.Diagnostics;
using HsStream.Domain.Messages;

namespace HsStream.Domain.Ledger.Signals;

public abstract record SignalCommand
{
    private SignalCommand() { }

    public sealed record NoteSignal(MonitorSignal Signal, Origin Origin) : SignalCommand;

    public sealed record NoteRetraining(RetrainingRequest Request, Origin Origin) : SignalCommand;
}

public abstract record SignalEvent
{
    private SignalEvent() { }

    public sealed record SignalRaised(MonitorSignal Signal, Origin Origin) : SignalEvent;

    public sealed record RetrainingRequested(RetrainingRequest Request, Origin Origin) : SignalEvent;
}

/// <param name="IsRecorded">A signal and a request have a stream each, of one event.</param>
public sealed record SignalState(bool IsRecorded)
{
    public static SignalState Initial { get; } = new(false);
}

/// <summary>The rules of signals and retraining requests: each is told once.</summary>
public static class SignalDecider
{
    public static Decision<SignalEvent> Decide(SignalState state, SignalCommand command) => command switch
    {
        _ when state.IsRecorded => Decision<SignalEvent>.Nothing,
        SignalCommand.NoteSignal { Signal: { Statistic: var s, Threshold: var t } } when !double.IsFinite(s) || !double.IsFinite(t) =>
            Decision<SignalEvent>.Reject($"Expected a finite statistic and threshold, got {s} and {t}."),
        SignalCommand.NoteSignal c => Decision<SignalEvent>.Record(new SignalEvent.SignalRaised(c.Signal, c.Origin)),
        SignalCommand.NoteRetraining c => Decision<SignalEvent>.Record(new SignalEvent.RetrainingRequested(c.Request, c.Origin)),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    public static SignalState Evolve(SignalState state, SignalEvent fact) => fact switch
    {
        SignalEvent.SignalRaised or SignalEvent.RetrainingRequested => state with { IsRecorded = true },
        _ => throw new UnreachableException(fact.GetType().Name),
    };
}
