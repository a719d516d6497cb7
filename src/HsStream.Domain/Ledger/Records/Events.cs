using HsStream.Domain.Messages;

namespace HsStream.Domain.Ledger.Records;

/// <summary>What happened to a record that could not be used.</summary>
public abstract record RecordEvent
{
    private RecordEvent() { }

    /// <param name="Record">Where the record itself stands.</param>
    /// <param name="Key">Its key as text; null when it has none or one that is not UTF-8. For the topics of this system, a description id.</param>
    /// <param name="Origin">Its entry in the dead-letter topic.</param>
    public sealed record DeadLettered(
        RecordPosition Record, string? Key, string Reason, string Stage, DateTimeOffset RecordTimestamp, DateTimeOffset FirstSeen,
        Origin Origin, [property: Erasable] DeadLetterContent? Content) : RecordEvent;

    public sealed record Unreadable(string? Hash, int Bytes, string Reason, string Detail, Origin Origin) : RecordEvent;

    /// <param name="Stream">The stream whose decider refused it.</param>
    public sealed record Refused(string Stream, string Reason, Origin Origin) : RecordEvent;

    public sealed record Replayed(Mandate Mandate, DateTimeOffset At) : RecordEvent;

    /// <param name="Versions">Numbers, within the stream, of the events whose content was erased.</param>
    public sealed record ContentErased(IReadOnlyList<long> Versions, Mandate Mandate, DateTimeOffset At) : RecordEvent;
}

/// <summary>The parts of a dead letter that may quote what somebody wrote.</summary>
public sealed record DeadLetterContent(byte[]? Key, byte[]? Value, string Detail);
