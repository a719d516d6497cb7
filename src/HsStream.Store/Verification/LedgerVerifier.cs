using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.Store.Reading;

namespace HsStream.Store.Verification;

/// <summary>Recomputes the whole chain from what the database holds now. Memory stays flat; the ledger may be written meanwhile.</summary>
public sealed class LedgerVerifier
{
    private const int EventsAtOnce = 5_000;
    private const int SealsAtOnce = 500;
    private const int ListedStreams = 20;

    private readonly EventReader _reader;

    internal LedgerVerifier(EventReader reader) => _reader = reader;

    /// <param name="progress">Told every few thousand events; what it names is checked.</param>
    public async Task<VerifyReport> VerifyAsync(VerifyOptions options, IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var findings = new Findings(options.MaxFindings);
        var chain = new ChainCheck(findings, options.Head);
        var events = new EventCheck(findings);
        if (options.FromSeal > 1) { await StartAsync(options.FromSeal - 1, chain, findings, cancellationToken); }
        var last = await LastSealAsync(cancellationToken);

        // Seals are only ever added, so what is behind stays checked; the end is looked at when nothing was added since.
        while (true)
        {
            var before = chain.Last?.Number ?? 0;
            await VerifySealsAsync(chain, events, findings, last, progress, cancellationToken);
            var now = await LastSealAsync(cancellationToken);
            if (now == last || (chain.Last?.Number ?? 0) == before) { break; }
            last = now;
        }

        await VerifyEndAsync(chain, findings, cancellationToken);
        chain.End();
        events.End();
        return new VerifyReport(chain.Seals, events.Events, events.Erased, 0, chain.Last?.Name, findings.Kept, findings.Count);
    }

    private async Task StartAsync(long number, ChainCheck chain, Findings findings, CancellationToken cancellationToken)
    {
        var trusted = await _reader.QueryAsync(
            $"select number, first_sequence, event_count, sealed_at, advances, root, previous, hash from {_reader.Tables.Seals} where number = $1",
            LedgerQueries.ReadSeal, cancellationToken, number);
        if (trusted is [var seal]) { chain.StartAfter(seal); }
        else { findings.Add(FindingKind.SealMissing, number, null, null, $"Seal {number}, to start after, is missing."); }
    }

    private async Task<long> LastSealAsync(CancellationToken cancellationToken) =>
        (await _reader.QueryAsync($"select coalesce(max(number), 0) from {_reader.Tables.Seals}", r => r.GetInt64(0), cancellationToken))[0];

    private async Task VerifySealsAsync(
        ChainCheck chain, EventCheck events, Findings findings, long last, IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var after = chain.Last?.Number ?? 0;
        while (true)
        {
            var seals = await ReadSealsAsync(after, last, cancellationToken);
            if (seals.Count == 0) { return; }
            foreach (var (seal, _) in seals) { chain.Next(seal); }
            await VerifyEventsAsync(seals, events, findings, cancellationToken);
            await VerifyErasuresAsync(events, findings, cancellationToken);
            after = seals[^1].Seal.Number;
            progress?.Report(new VerifyProgress(after, last, events.Events));
        }
    }

    /// <summary>Seals with their leaves: some thousand events, or one seal that is larger.</summary>
    private Task<List<(Seal Seal, byte[] Leaves)>> ReadSealsAsync(long after, long last, CancellationToken cancellationToken) => _reader.QueryAsync(
        $"""
        select number, first_sequence, event_count, sealed_at, advances, root, previous, hash, leaves from (
            select s.*, sum(event_count) over (order by number) - event_count as before
            from (select * from {_reader.Tables.Seals} where number > $1 and number <= $2 order by number limit {SealsAtOnce}) s) c
        where before < {EventsAtOnce} order by number
        """, r => (LedgerQueries.ReadSeal(r), r.GetFieldValue<byte[]>(8)), cancellationToken, after, last);

    private async Task VerifyEventsAsync(
        List<(Seal Seal, byte[] Leaves)> seals, EventCheck events, Findings findings, CancellationToken cancellationToken)
    {
        var checks = new Queue<SealCheck>(seals.Where(s => s.Seal.Count > 0).Select(s => new SealCheck(s.Seal, s.Leaves, events, findings)));
        if (checks.Count == 0) { return; }
        var (first, last) = (checks.Min(c => c.Seal.FirstSequence), checks.Max(c => c.Seal.LastSequence));
        var stored = await ReadEventsAsync(first, last, cancellationToken);
        foreach (var (item, outside) in stored)
        {
            while (checks.Count > 0 && item.Sequence > checks.Peek().Seal.LastSequence) { checks.Dequeue().End(); }
            if (checks.Count == 0 || item.Sequence < checks.Peek().Seal.FirstSequence)
            {
                findings.Add(FindingKind.EventInserted, null, item.Sequence, item.StreamId, $"Event {item.Sequence} is under no seal.");
                continue;
            }

            checks.Peek().Event(item, outside);
        }

        while (checks.Count > 0) { checks.Dequeue().End(); }
    }

    private Task<List<(VerifiedEvent Event, string? Outside)>> ReadEventsAsync(long first, long last, CancellationToken cancellationToken) => _reader.QueryAsync(
        $"""
        select seq_id, id, stream_id, version, type, "timestamp", data::text, is_archived, tenant_id, bdata is not null
        from {_reader.Tables.Events} where seq_id between $1 and $2 order by seq_id
        """,
        r => (new VerifiedEvent(r.GetInt64(0), r.GetGuid(1), r.IsDBNull(2) ? "" : r.GetString(2), r.GetInt64(3), r.GetString(4),
                new DateTimeOffset(r.GetDateTime(5), TimeSpan.Zero), r.GetFieldValue<byte[]>(6)),
            r.IsDBNull(7) || r.GetBoolean(7) ? "been archived, which hides it"
                : r.IsDBNull(8) || r.GetString(8) != "*DEFAULT*" ? "another tenant, which hides it"
                : r.GetBoolean(9) ? "binary data, which hides its JSON" : null),
        cancellationToken, first, last);

    private async Task VerifyErasuresAsync(EventCheck events, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var (streamId, versions, erasedAt) in events.Erasures)
        {
            var restored = await _reader.QueryAsync(
                $"select seq_id from {_reader.Tables.Events} where stream_id = $1 and version = any($2) and jsonb_exists(data, '{LedgerJson.Private}') order by seq_id",
                r => r.GetInt64(0), cancellationToken, streamId, versions);
            foreach (var sequence in restored)
            {
                findings.Add(FindingKind.TextRestored, null, sequence, streamId, $"Event {sequence} has a text that event {erasedAt} says was erased.");
            }
        }

        events.Erasures.Clear();
    }

    /// <summary>The head row, events outside the chain, offsets and stream rows; each in one statement, so in one snapshot.</summary>
    private async Task VerifyEndAsync(ChainCheck chain, Findings findings, CancellationToken cancellationToken)
    {
        var head = await _reader.QueryAsync(
            $"select number, sequence, hash from {_reader.Tables.Head}", r => (Number: r.GetInt64(0), Sequence: r.GetInt64(1), Hash: r.GetFieldValue<byte[]>(2)), cancellationToken);
        var (number, sequence, hash) = (chain.Last?.Number ?? 0, chain.Last?.LastSequence ?? 0, chain.Last?.Hash ?? Seal.Genesis);
        if (head is not [var row]) { findings.Add(FindingKind.HeadDiffers, null, null, null, $"Expected one head row, got {head.Count}."); }
        else if (row.Number < number || (row.Number == number && (row.Sequence != sequence || !row.Hash.AsSpan().SequenceEqual(hash)))
            || (row.Number > number && await LastSealAsync(cancellationToken) < row.Number))
        {
            findings.Add(FindingKind.HeadDiffers, row.Number, row.Sequence, null, $"The head row says seal {row.Number} at event {row.Sequence}; the chain ends with seal {number} at event {sequence}.");
        }

        var outside = await _reader.QueryAsync(
            $"select seq_id, stream_id from {_reader.Tables.Events} where seq_id < 1 or seq_id > (select max(sequence) from {_reader.Tables.Head}) order by seq_id limit {ListedStreams}",
            r => (r.GetInt64(0), r.IsDBNull(1) ? null : r.GetString(1)), cancellationToken);
        foreach (var (extra, streamId) in outside)
        {
            findings.Add(FindingKind.EventInserted, null, extra, streamId, $"Event {extra} is outside the chain.");
        }

        await VerifyOffsetsAsync(chain, findings, cancellationToken);
        await VerifyStreamsAsync(findings, cancellationToken);
    }

    private async Task VerifyOffsetsAsync(ChainCheck chain, Findings findings, CancellationToken cancellationToken)
    {
        var rows = await _reader.QueryAsync(
            $"select h.number, o.topic, o.partition, o.next_offset from {_reader.Tables.Head} h left join {_reader.Tables.Offsets} o on true",
            r => (Number: r.GetInt64(0), Topic: r.IsDBNull(1) ? null : r.GetString(1), Partition: r.IsDBNull(2) ? 0 : r.GetInt32(2), Next: r.IsDBNull(3) ? 0 : r.GetInt64(3)),
            cancellationToken);

        // Written to since the last seal that was checked: the offsets belong to a later one.
        if (!chain.IsFromStart || rows.Any(r => r.Number != (chain.Last?.Number ?? 0))) { return; }
        var stored = rows.Where(r => r.Topic is not null).ToDictionary(r => (r.Topic!, r.Partition), r => r.Next);
        foreach (var key in chain.Offsets.Keys.Union(stored.Keys).OrderBy(k => k.Item1, StringComparer.Ordinal).ThenBy(k => k.Item2))
        {
            var (expected, found) = (chain.Offsets.GetValueOrDefault(key), stored.GetValueOrDefault(key));
            if (expected != found)
            {
                findings.Add(FindingKind.OffsetsDiffer, null, null, null, $"The seals lead {key.Item1}[{key.Item2}] to {expected}; the ledger has {found} stored.");
            }
        }
    }

    private async Task VerifyStreamsAsync(Findings findings, CancellationToken cancellationToken)
    {
        var wrong = await _reader.QueryAsync(
            $"""
            select coalesce(s.id, e.stream_id), coalesce(s.version, 0), coalesce(e.last, 0), coalesce(e.count, 0) from {_reader.Tables.Streams} s
            full join (select stream_id, max(version) as last, count(*) as count from {_reader.Tables.Events} group by stream_id) e on s.id = e.stream_id
            where s.id is null or e.stream_id is null or s.version <> e.last or e.last <> e.count or s.is_archived or s.tenant_id <> '*DEFAULT*'
            order by 1 limit {ListedStreams}
            """, r => (r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), cancellationToken);
        foreach (var (streamId, version, last, count) in wrong)
        {
            findings.Add(FindingKind.StreamDiffers, null, null, streamId, $"Stream row says version {version}; its events go to {last} and are {count}, or it is hidden.");
        }
    }
}
