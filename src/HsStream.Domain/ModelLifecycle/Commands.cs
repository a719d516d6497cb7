using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;

namespace HsStream.Domain.ModelLifecycle;

/// <summary>Orders about one model version.</summary>
public abstract record ModelCommand
{
    private ModelCommand() { }

    /// <summary>Makes a trained bundle a candidate.</summary>
    public sealed record Register(ModelFacts Facts, Mandate Mandate, DateTimeOffset At) : ModelCommand;

    /// <summary>From now on it scores beside the champion.</summary>
    public sealed record StartShadow(Mandate Mandate, DateTimeOffset At) : ModelCommand;

    /// <summary>From now on it serves.</summary>
    public sealed record Promote(Mandate Mandate, DateTimeOffset At) : ModelCommand;

    /// <summary>Brings a champion that was retired back.</summary>
    public sealed record Reinstate(Mandate Mandate, DateTimeOffset At) : ModelCommand;

    /// <param name="SupersededBy">The version that took over; null when none did.</param>
    public sealed record Retire(string? SupersededBy, Mandate Mandate, DateTimeOffset At) : ModelCommand;

    /// <summary>Notes what <c>hs.models</c> told the scorers.</summary>
    public sealed record NoteAnnouncement(ModelVersion Model, Origin Origin) : ModelCommand;
}
