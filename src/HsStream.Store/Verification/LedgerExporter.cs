using HsStream.Domain.Ledger;
using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.Store.Reading;

namespace HsStream.Store.Verification;

/// <summary>Writes events as JSON Lines with all that is needed to verify them elsewhere: inclusion proofs and the whole chain of seals.</summary>
public sealed class LedgerExporter
{
    private const int SealsAtOnce = 500;

    private readonly EventReader _reader;
    private readonly TimeProvider _clock;

    internal LedgerExporter(EventReader reader, TimeProvider clock) => (_reader, _clock) = (reader, clock);

    /// <param name="progress">Told seal by seal.</param>
    /// <returns>How many events were written.</returns>
    /// <exception cref="LedgerTamperedException">A seal's leaves are not its own, so that no proof can be given; run verify.</exception>
    public async Task<long> ExportAsync(ExportSelection selection, Stream output, IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var head = await ReadSealsAsync("order by number desc limit 1", cancellationToken);
        if (head is not [var last]) { throw new LedgerTamperedException("The ledger is empty: there is nothing to export."); }
        var chosen = selection.DescriptionId is { } id ? await SequencesOfAsync(id, cancellationToken) : null;
        await output.WriteAsync(ExportLines.Header(selection, last, _clock.GetUtcNow()), cancellationToken);
        var (number, events) = (0L, 0L);
        while (number < last.Number)
        {
            var seals = await ReadSealsAsync($"where number > $1 and number <= $2 order by number limit {SealsAtOnce}", cancellationToken, number, last.Number);
            if (seals.Count == 0) { break; }
            foreach (var seal in seals)
            {
                await output.WriteAsync(ExportLines.Of(seal), cancellationToken);
                events += await WriteEventsAsync(seal, selection, chosen, output, cancellationToken);
                progress?.Report(new VerifyProgress(seal.Number, last.Number, events));
            }

            number = seals[^1].Number;
        }

        await output.WriteAsync(ExportLines.End(last.Number, events), cancellationToken);
        await output.FlushAsync(cancellationToken);
        return events;
    }

    private async Task<long> WriteEventsAsync(Seal seal, ExportSelection selection, HashSet<long>? chosen, Stream output, CancellationToken cancellationToken)
    {
        var wanted = chosen?.Where(s => s >= seal.FirstSequence && s <= seal.LastSequence).Order().ToArray();
        var (from, to) = (Math.Max(seal.FirstSequence, selection.FromSequence), Math.Min(seal.LastSequence, selection.ToSequence));
        if (wanted is { Length: 0 } || (wanted is null && from > to)) { return 0; }
        var leaves = (await _reader.QueryAsync($"select leaves from {_reader.Tables.Seals} where number = $1", r => r.GetFieldValue<byte[]>(0), cancellationToken, seal.Number))[0];
        var levels = MerkleTree.Levels(leaves);
        if (leaves.Length != seal.Count * Leaf.Bytes || !levels[^1].AsSpan().SequenceEqual(seal.Root))
        {
            throw new LedgerTamperedException($"The leaves of seal {seal.Number} are not its own, so no proof can be given for its events; run verify.");
        }

        var stored = await _reader.QueryAsync(
            $"""
            select seq_id, id, stream_id, version, type, "timestamp", data::text from {_reader.Tables.Events}
            where seq_id between $1 and $2 and ($3::bigint[] is null or seq_id = any($3)) order by seq_id
            """,
            r => new VerifiedEvent(r.GetInt64(0), r.GetGuid(1), r.GetString(2), r.GetInt64(3), r.GetString(4),
                new DateTimeOffset(r.GetDateTime(5), TimeSpan.Zero), r.GetFieldValue<byte[]>(6)),
            cancellationToken, wanted?[0] ?? from, wanted?[^1] ?? to, (object?)wanted ?? DBNull.Value);
        foreach (var item in stored)
        {
            var proof = MerkleTree.Proof(levels, (int)(item.Sequence - seal.FirstSequence));
            await output.WriteAsync(ExportLines.Of(item, seal.Number, proof), cancellationToken);
        }

        return stored.Count;
    }

    private async Task<HashSet<long>> SequencesOfAsync(string descriptionId, CancellationToken cancellationToken) => [.. await _reader.QueryAsync(
        $"""
        select seq_id from {_reader.Tables.Events} where stream_id = $1 or stream_id in (
            select d.stream_id from {_reader.Tables.Events} d where d.type = '{EventTypes.RecordDeadLettered}' and d.data ->> 'key' = $2)
        """, r => r.GetInt64(0), cancellationToken, StreamIds.Goods(descriptionId), SafeText.Encode(descriptionId))];

    private Task<List<Seal>> ReadSealsAsync(string filter, CancellationToken cancellationToken, params object[] values) => _reader.QueryAsync(
        $"select number, first_sequence, event_count, sealed_at, advances, root, previous, hash from {_reader.Tables.Seals} {filter}",
        LedgerQueries.ReadSeal, cancellationToken, values);
}
