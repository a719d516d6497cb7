using HsStream.Domain.Ledger;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Messages;
using HsStream.Store;

namespace HsStream.Cli.DeadLetters;

/// <summary>What the ledger has recorded of one dead letter's record.</summary>
internal sealed record RecordedLetter(IReadOnlyList<RecordEvent.DeadLettered> Deaths, IReadOnlyList<RecordEvent.Replayed> Replays);

internal static class RecordedLetters
{
    /// <param name="record">The position of the record itself.</param>
    /// <returns>Null when the ledger has no death of it.</returns>
    public static async Task<RecordedLetter?> FindAsync(LedgerStore ledger, RecordPosition record, CancellationToken cancellationToken)
    {
        await using var session = ledger.Marten.QuerySession();
        var events = await session.Events.FetchStreamAsync(StreamIds.Record(record), token: cancellationToken);
        var deaths = events.Select(e => e.Data).OfType<RecordEvent.DeadLettered>().ToList();
        return deaths.Count == 0 ? null : new RecordedLetter(deaths, [.. events.Select(e => e.Data).OfType<RecordEvent.Replayed>()]);
    }
}
