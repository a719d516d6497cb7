using System.Diagnostics;
using System.Text;
using static HsStream.Domain.Ledger.Records.RecordCommand;
using static HsStream.Domain.Ledger.Records.RecordEvent;

namespace HsStream.Domain.Ledger.Records;

/// <summary>The rules of a record that could not be used.</summary>
public static class RecordDecider
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <returns>No events when the command repeats what is already recorded.</returns>
    public static Decision<RecordEvent> Decide(RecordState state, RecordCommand command) => command switch
    {
        NoteDeadLetter c when state.DeadLetters.Contains(c.Origin.Position.ToString()) => Decision<RecordEvent>.Nothing,
        NoteDeadLetter c => Decision<RecordEvent>.Record(new DeadLettered(
            c.Letter.Origin, KeyText(c.Letter.Key), c.Letter.Reason, c.Letter.Stage, c.Letter.OriginTimestamp, c.Letter.FirstSeen, c.Origin,
            new DeadLetterContent(c.Letter.Key, c.Letter.Value, c.Letter.Detail))),
        NoteUnreadable when state.IsUnreadable => Decision<RecordEvent>.Nothing,
        NoteUnreadable c => Decision<RecordEvent>.Record(new Unreadable(c.Hash, c.Bytes, c.Reason, c.Detail, c.Origin)),
        NoteRefused c when state.Refusals.Contains(c.Stream) => Decision<RecordEvent>.Nothing,
        NoteRefused c => Decision<RecordEvent>.Record(new Refused(c.Stream, c.Reason, c.Origin)),
        NoteReplayed c when c.Mandate.Problem is { } problem => Decision<RecordEvent>.Reject(problem),
        NoteReplayed c when state.Replays.Contains(c.At) => Decision<RecordEvent>.Nothing,
        NoteReplayed when state.DeadLetters.IsEmpty => Decision<RecordEvent>.Reject("Expected a dead letter to replay, got a record without one."),
        NoteReplayed c => Decision<RecordEvent>.Record(new Replayed(c.Mandate, c.At)),
        EraseContent c when c.Mandate.Problem is { } problem => Decision<RecordEvent>.Reject(problem),
        EraseContent when state.WithContent.IsEmpty => Decision<RecordEvent>.Nothing,
        EraseContent c => Decision<RecordEvent>.Record(new ContentErased(state.WithContent, c.Mandate, c.At)),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    public static RecordState Evolve(RecordState state, RecordEvent fact)
    {
        var next = state with { Version = state.Version + 1 };
        return fact switch
        {
            DeadLettered e => next with
            {
                DeadLetters = state.DeadLetters.Add(e.Origin.Position.ToString()),
                WithContent = e.Content is null ? state.WithContent : state.WithContent.Add(next.Version),
            },
            Unreadable => next with { IsUnreadable = true },
            Refused e => next with { Refusals = state.Refusals.Add(e.Stream) },
            Replayed e => next with { Replays = state.Replays.Add(e.At) },
            ContentErased e => next with { WithContent = state.WithContent.RemoveRange(e.Versions) },
            _ => throw new UnreachableException(fact.GetType().Name),
        };
    }

    private static string? KeyText(byte[]? key)
    {
        if (key is null or { Length: > 512 }) { return null; }
        try
        {
            return Strict.GetString(key);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
