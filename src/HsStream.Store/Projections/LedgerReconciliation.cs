using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.Store.Reading;
using Microsoft.Extensions.Logging;

namespace HsStream.Store.Projections;

/// <param name="TimelineDiffers">The serving timeline has read past events that are not in it.</param>
/// <param name="TimelineLag">Events that the daemon has not come to yet.</param>
/// <param name="SkippedByDaemon">Ranges of sequences that Marten's daemon has passed over as gaps.</param>
/// <param name="Unanswered">Descriptions older than asked for without a prediction or a dead letter.</param>
/// <param name="UnansweredIds">The oldest of them, 20 at most.</param>
/// <param name="OffsetGaps">Where the seals' offsets do not join, or do not lead to the stored ones.</param>
public sealed record ReconciliationReport(
    bool TimelineDiffers, long TimelineLag, long SkippedByDaemon, long Unanswered, IReadOnlyList<string> UnansweredIds, IReadOnlyList<string> OffsetGaps)
{
    public bool IsClean => !TimelineDiffers && Unanswered == 0 && OffsetGaps.Count == 0;
}

/// <summary>Compares what was derived with the events themselves: a daemon that skipped one would never tell.</summary>
public sealed class LedgerReconciliation
{
    private const int ListedIds = 20;

    private readonly EventReader _reader;
    private readonly LedgerQueries _queries;
    private readonly LedgerProjections _projections;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;

    internal LedgerReconciliation(EventReader reader, LedgerQueries queries, LedgerProjections projections, ILogger logger, TimeProvider clock) =>
        (_reader, _queries, _projections, _logger, _clock) = (reader, queries, projections, logger, clock);

    /// <param name="unansweredAfter">A description without prediction is reported once it is this old.</param>
    public async Task<ReconciliationReport> CheckAsync(TimeSpan unansweredAfter, CancellationToken cancellationToken)
    {
        // Progress first: what is appended meanwhile is lag, not difference.
        var status = await _queries.StatusAsync(cancellationToken);
        var progress = status.Projections.GetValueOrDefault($"{ServingTimelineProjection.ProjectionName}:All");
        var skipped = (await _reader.QueryAsync(
            $"select count(*) from \"{_reader.Tables.Schema}\".mt_high_water_skips", r => r.GetInt64(0), cancellationToken))[0];
        var before = (_clock.GetUtcNow() - unansweredAfter).UtcDateTime;
        var (count, ids) = await UnansweredAsync(before, cancellationToken);
        return new ReconciliationReport(
            await TimelineDiffersAsync(progress, cancellationToken), Math.Max(0, status.LastSequence - progress), skipped, count, ids,
            await OffsetGapsAsync(cancellationToken));
    }

    /// <summary>Checks, and rebuilds the timeline when it differs.</summary>
    /// <returns>The report before the repair, and whether something was repaired (false when another process leads).</returns>
    public async Task<(ReconciliationReport Report, bool IsRepaired)> RepairAsync(TimeSpan unansweredAfter, CancellationToken cancellationToken)
    {
        var report = await CheckAsync(unansweredAfter, cancellationToken);
        if (!report.TimelineDiffers) { return (report, false); }
        _logger.ProjectionRebuilt(ServingTimelineProjection.ProjectionName);
        return (report, await _projections.RebuildAsync(cancellationToken));
    }

    private async Task<bool> TimelineDiffersAsync(long progress, CancellationToken cancellationToken)
    {
        var timeline = await _projections.ServingTimelineAsync(cancellationToken) ?? new ServingTimeline();
        var due = Math.Max(progress, timeline.Sequence);
        var events = (await _queries.ModelEventsAsync(0, null, cancellationToken)).Where(e => e.Sequence <= due);
        return !Serving.Periods(events).SequenceEqual(timeline.Periods);
    }

    private async Task<(long Count, IReadOnlyList<string> Ids)> UnansweredAsync(DateTime before, CancellationToken cancellationToken)
    {
        var rows = await _reader.QueryAsync(
            $"""
            with unanswered as (
                select d.seq_id, d.stream_id from {_reader.Tables.Events} d
                where d.type = '{EventTypes.GoodsDescribed}' and d."timestamp" < $1
                    and not exists (select from {_reader.Tables.Events} p where p.stream_id = d.stream_id and p.type = '{EventTypes.CodePredicted}'
                        and p.data -> 'prediction' ->> 'inputHash' = d.data ->> 'inputHash')
                    and not exists (select from {_reader.Tables.Events} l where l.type = '{EventTypes.RecordDeadLettered}'
                        and l.stream_id = 'dead-letter/' || (d.data -> 'origin' -> 'position' ->> 'topic') || '/' || (d.data -> 'origin' -> 'position' ->> 'partition')
                            || '/' || (d.data -> 'origin' -> 'position' ->> 'offset')))
            select stream_id, (select count(*) from unanswered) from unanswered order by seq_id limit {ListedIds}
            """, r => (r.GetString(0), r.GetInt64(1)), cancellationToken, before);
        return (rows.FirstOrDefault().Item2, [.. rows.Select(r => r.Item1[Domain.Ledger.StreamIds.GoodsPrefix.Length..])]);
    }

    private async Task<IReadOnlyList<string>> OffsetGapsAsync(CancellationToken cancellationToken)
    {
        var gaps = new List<string>();
        var next = new Dictionary<(string, int), long>();
        for (var after = 0L; ;)
        {
            var page = await _reader.QueryAsync(
                $"select number, advances from {_reader.Tables.Seals} where number > $1 order by number limit 5000", r => (r.GetInt64(0), r.GetString(1)), cancellationToken, after);
            foreach (var (number, advances) in page)
            {
                foreach (var step in OffsetAdvance.Parse(advances))
                {
                    var at = next.GetValueOrDefault((step.Topic, step.Partition));
                    if (at != step.Expected) { gaps.Add($"Seal {number} takes {step.Topic}[{step.Partition}] from {step.Expected}; it was at {at}."); }
                    next[(step.Topic, step.Partition)] = step.Next;
                }
            }

            if (page.Count == 0) { return gaps; }
            after = page[^1].Item1;
        }
    }
}
