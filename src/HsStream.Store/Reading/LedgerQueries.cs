using System.Runtime.CompilerServices;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;
using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.Store.Writing;

namespace HsStream.Store.Reading;

/// <summary>Answers about what was recorded; all of them straight from the events, so none can lag behind. Thread safe.</summary>
public sealed class LedgerQueries
{
    private readonly EventReader _reader;
    private readonly LedgerOffsets _offsets;

    internal LedgerQueries(EventReader reader, LedgerOffsets offsets) => (_reader, _offsets) = (reader, offsets);

    /// <returns>Null when the ledger has nothing under this id.</returns>
    public async Task<DecisionTimeline?> DecisionAsync(string descriptionId, CancellationToken cancellationToken)
    {
        var streamId = StreamIds.Goods(descriptionId);
        if (Refusals.OfStreamId(streamId) is not null) { return null; }
        var events = await _reader.ListAsync(
            $"""
            stream_id = $1 or stream_id in (
                select d.stream_id from {_reader.Tables.Events} d where d.type = '{EventTypes.RecordDeadLettered}' and d.data ->> 'key' = $2)
            """, null, cancellationToken, streamId, SafeText.Encode(descriptionId));
        return events.Count == 0 ? null : new DecisionTimeline(descriptionId, events);
    }

    /// <summary>Past predictions with their texts, in the order in which they were recorded. Memory stays flat.</summary>
    public async IAsyncEnumerable<LedgerPrediction> PredictionsAsync(PredictionRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, last) = await BoundsAsync(range, cancellationToken);
        var type = range.IsShadow ? EventTypes.ShadowPredicted : EventTypes.CodePredicted;
        var pages = _reader.PagesAsync(
            "type = $3 and ($4 = '' or data -> 'prediction' ->> 'modelVersion' = $4)", after, last, cancellationToken, type, range.ModelVersion ?? "");
        await foreach (var page in pages)
        {
            var wanted = page.Where(e => (range.From is null || e.RecordedAt >= range.From) && (range.To is null || e.RecordedAt < range.To)).ToList();
            if (wanted.Count == 0) { continue; }
            var context = (await _reader.ListAsync(
                "stream_id = any($1) and type = any($2)", null, cancellationToken, wanted.Select(e => e.StreamId).Distinct().ToArray(),
                (string[])[EventTypes.GoodsDescribed, EventTypes.LabelCorrected])).ToLookup(e => e.StreamId);
            foreach (var stored in wanted) { yield return Join(stored, context[stored.StreamId], range.AsKnownThen); }
        }
    }

    /// <summary>How many predictions a range holds, for progress.</summary>
    public async Task<long> CountPredictionsAsync(PredictionRange range, CancellationToken cancellationToken)
    {
        var (after, last) = await BoundsAsync(range, cancellationToken);
        return (await _reader.QueryAsync(
            $"""
            select count(*) from {_reader.Tables.Events} where seq_id > $1 and seq_id <= $2 and type = $3
                and ($4 = '' or data -> 'prediction' ->> 'modelVersion' = $4) and "timestamp" >= $5 and "timestamp" < $6
            """, r => r.GetInt64(0), cancellationToken, after, last, range.IsShadow ? EventTypes.ShadowPredicted : EventTypes.CodePredicted, range.ModelVersion ?? "",
            range.From?.UtcDateTime ?? DateTime.MinValue.ToUniversalTime(), range.To?.UtcDateTime ?? new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc)))[0];
    }

    /// <returns>Every version that was registered or announced, in the order of its first event.</returns>
    public async Task<IReadOnlyList<ModelRecord>> ModelsAsync(CancellationToken cancellationToken) =>
        (await ModelEventsAsync(0, null, cancellationToken)).Where(e => e.Data is ModelEvent).GroupBy(e => e.StreamId)
            .Select(g => new ModelRecord(g.Key[StreamIds.ModelPrefix.Length..], StateOf(g), [.. g])).ToList();

    /// <returns>Null when nothing is recorded of it.</returns>
    public async Task<ModelRecord?> ModelAsync(string version, CancellationToken cancellationToken) =>
        (await ModelsAsync(cancellationToken)).FirstOrDefault(m => m.Version == version);

    public async Task<IReadOnlyList<ExperimentRecord>> ExperimentsAsync(CancellationToken cancellationToken) =>
        (await ModelEventsAsync(0, null, cancellationToken)).Where(e => e.Data is ExperimentEvent).GroupBy(e => e.StreamId)
            .Select(g => new ExperimentRecord(
                g.Key[StreamIds.ExperimentPrefix.Length..],
                g.Select(e => (ExperimentEvent)e.Data).Aggregate(ExperimentState.Initial, ExperimentDecider.Evolve), [.. g])).ToList();

    /// <returns>Every change of champion, oldest first.</returns>
    public async Task<IReadOnlyList<ServingPeriod>> ServingPeriodsAsync(CancellationToken cancellationToken) =>
        Serving.Periods(await ModelEventsAsync(0, null, cancellationToken));

    /// <summary>Which model served at an instant, by the operators' decisions.</summary>
    /// <returns>Null when none did.</returns>
    public async Task<ServingPeriod?> WhoServedAtAsync(DateTimeOffset instant, CancellationToken cancellationToken) =>
        (await ServingPeriodsAsync(cancellationToken)).LastOrDefault(p => p.Since <= instant && (p.Until is null || instant < p.Until));

    /// <summary>What the publisher of <c>hs.models</c> and <c>hs.experiments</c> has to tell, in order.</summary>
    public async Task<IReadOnlyList<ModelChange>> ModelChangesAfterAsync(long sequence, int limit, CancellationToken cancellationToken)
    {
        var events = await ModelEventsAsync(0, null, cancellationToken);
        return ModelChanges.Of(events).Where(c => c.Sequence > sequence).Take(limit).ToList();
    }

    public async Task<LedgerStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var head = await _reader.QueryAsync(
            $"select number, first_sequence, event_count, sealed_at, advances, root, previous, hash from {_reader.Tables.Seals} order by number desc limit 1",
            ReadSeal, cancellationToken);
        var progress = await _reader.QueryAsync(
            $"select name, coalesce(last_seq_id, 0) from {_reader.Tables.Progression}", r => (r.GetString(0), r.GetInt64(1)), cancellationToken);
        var bytes = await _reader.QueryAsync("select pg_database_size(current_database())", r => r.GetInt64(0), cancellationToken);
        return new LedgerStatus(
            head.FirstOrDefault()?.LastSequence ?? 0, head.FirstOrDefault(), await _offsets.LoadAllAsync(cancellationToken), bytes[0],
            progress.ToDictionary(p => p.Item1, p => p.Item2));
    }

    internal static Seal ReadSeal(Npgsql.NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), new DateTimeOffset(reader.GetDateTime(3), TimeSpan.Zero), reader.GetString(4),
        reader.GetFieldValue<byte[]>(5), reader.GetFieldValue<byte[]>(6), reader.GetFieldValue<byte[]>(7));

    internal Task<List<StoredEvent>> ModelEventsAsync(long after, int? limit, CancellationToken cancellationToken) =>
        _reader.ListAsync($"seq_id > $1 and type in ({string.Join(", ", EventTypes.OfModels.Select(t => $"'{t}'"))})", limit, cancellationToken, after);

    private static ModelState StateOf(IEnumerable<StoredEvent> events) =>
        events.Select(e => (ModelEvent)e.Data).Aggregate(ModelState.Initial, ModelDecider.Evolve);

    private static LedgerPrediction Join(StoredEvent stored, IEnumerable<StoredEvent> context, bool asKnownThen)
    {
        var (prediction, origin) = stored.Data switch
        {
            ClassificationEvent.CodePredicted e => (e.Prediction, e.Origin),
            ClassificationEvent.ShadowPredicted e => (e.Prediction, e.Origin),
            _ => throw new System.Diagnostics.UnreachableException(stored.Type),
        };
        var described = context.Select(e => e.Data).OfType<ClassificationEvent.GoodsDescribed>().FirstOrDefault(e => e.InputHash == prediction.InputHash);
        return new LedgerPrediction(
            stored.Sequence, stored.RecordedAt, prediction with { Source = described?.Goods?.Source }, origin, described?.Goods,
            described is { Goods: null }, described?.Origin.Timestamp,
            [.. context.Where(e => !asKnownThen || e.Sequence < stored.Sequence).Select(e => e.Data).OfType<ClassificationEvent.LabelCorrected>().Select(e => e.Correction)]);
    }

    /// <summary>Instants to sequences, by the seals: all events of a seal bear its timestamp.</summary>
    private async Task<(long After, long Last)> BoundsAsync(PredictionRange range, CancellationToken cancellationToken)
    {
        var (after, last) = ((range.FromSequence ?? 1) - 1, range.ToSequence ?? long.MaxValue);
        if (range.From is null && range.To is null) { return (after, last); }
        var bounds = (await _reader.QueryAsync(
            $"""
            select coalesce(min(first_sequence) - 1, 0), coalesce(max(first_sequence + event_count - 1), 0) from {_reader.Tables.Seals}
            where sealed_at >= $1 and sealed_at < $2
            """, r => (r.GetInt64(0), r.GetInt64(1)), cancellationToken,
            range.From?.UtcDateTime ?? DateTime.MinValue.ToUniversalTime(), range.To?.UtcDateTime ?? new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc)))[0];
        return (Math.Max(after, bounds.Item1), Math.Min(last, bounds.Item2));
    }
}
