using HsStream.Domain.Messages;

namespace HsStream.Domain.Ledger.Records;

/// <summary>Orders about a record that could not be used.</summary>
public abstract record RecordCommand
{
    private RecordCommand() { }

    public sealed record NoteDeadLetter(DeadLetter Letter, Origin Origin) : RecordCommand;

    public sealed record NoteUnreadable(string? Hash, int Bytes, string Reason, string Detail, Origin Origin) : RecordCommand;

    /// <summary>Readable, but a decider said no.</summary>
    public sealed record NoteRefused(string Stream, string Reason, Origin Origin) : RecordCommand;

    public sealed record NoteReplayed(Mandate Mandate, DateTimeOffset At) : RecordCommand;

    public sealed record EraseContent(Mandate Mandate, DateTimeOffset At) : RecordCommand;
}
