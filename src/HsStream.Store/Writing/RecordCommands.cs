using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Messages;

namespace HsStream.Store.Writing;

/// <summary>What operators order about descriptions and dead letters.</summary>
public sealed class RecordCommands
{
    private readonly LedgerWriter _writer;
    private readonly TimeProvider _clock;

    internal RecordCommands(LedgerWriter writer, TimeProvider clock) => (_writer, _clock) = (writer, clock);

    /// <summary>
    /// Erases the texts of a description id (all revisions; source, declared code and attributes with them) and the bytes of its
    /// dead letters. The chain stays valid. Kafka's own copies go with the topics' retention.
    /// </summary>
    /// <returns>How many events lost their text; 0 when none had any.</returns>
    /// <exception cref="CommandRejectedException">Without actor or reason.</exception>
    public async Task<int> EraseTextAsync(string descriptionId, Mandate mandate, CancellationToken cancellationToken)
    {
        var at = _clock.GetUtcNow();
        var streamId = StreamIds.Goods(descriptionId);
        if (Refusals.OfStreamId(streamId) is { } wrong) { throw new CommandRejectedException(wrong); }
        var (erased, _, _) = await _writer.ExecuteAsync(async (session, token) =>
        {
            await session.LoadAsync([streamId], token);
            var count = Erase(session, streamId, new ClassificationCommand.EraseText(mandate, at));
            var letters = await session.DeadLettersOfKeyAsync(descriptionId, token);
            await session.LoadAsync(letters, token);
            foreach (var letter in letters) { count += Erase(session, letter, new RecordCommand.EraseContent(mandate, at)); }
            return count;
        }, [], cancellationToken);
        return erased;
    }

    /// <summary>Notes that a dead letter was sent again.</summary>
    /// <param name="record">The position of the record itself, not of its dead letter.</param>
    public async Task NoteReplayAsync(RecordPosition record, Mandate mandate, CancellationToken cancellationToken)
    {
        var command = new RecordCommand.NoteReplayed(mandate, _clock.GetUtcNow());
        await _writer.ExecuteAsync((session, token) => ModelCommands.DecideAsync(session, StreamIds.Record(record), command, token), [], cancellationToken);
    }

    private static int Erase(LedgerSession session, string streamId, object command)
    {
        var (_, events, rejection) = session.Decide(streamId, command);
        if (rejection is not null) { throw new CommandRejectedException(rejection); }
        var versions = events.SelectMany(e => e switch
        {
            ClassificationEvent.TextErased erased => erased.Versions,
            RecordEvent.ContentErased erased => erased.Versions,
            _ => [],
        }).ToList();
        if (versions.Count > 0) { session.Erase(streamId, versions); }
        return versions.Count;
    }
}
