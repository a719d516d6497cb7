namespace HsStream.Domain.Ledger;

/// <summary>What a decider makes of a command: facts to record, or why not.</summary>
public abstract record Decision<TEvent>
{
    private Decision() { }

    /// <param name="Events">Empty when the command repeats what is already recorded.</param>
    public sealed record Accepted(IReadOnlyList<TEvent> Events) : Decision<TEvent>;

    /// <param name="Reason">What was expected and what arrived.</param>
    public sealed record Rejected(string Reason) : Decision<TEvent>;

#pragma warning disable CA1000 // The type argument is what a decider decides about; it is written once, at the call.
    public static Decision<TEvent> Record(params IReadOnlyList<TEvent> events) => new Accepted(events);

    public static Decision<TEvent> Nothing { get; } = new Accepted([]);

    public static Decision<TEvent> Reject(string reason) => new Rejected(reason);
#pragma warning restore CA1000
}
