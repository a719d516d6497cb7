using HsStream.Domain.Ledger;
using HsStream.Domain.ModelLifecycle;

namespace HsStream.Store.Reading;

/// <summary>Folds promotions and retirements into periods.</summary>
internal static class Serving
{
    public static IReadOnlyList<ServingPeriod> Periods(IEnumerable<StoredEvent> events) =>
        events.Aggregate((IReadOnlyList<ServingPeriod>)[], (periods, e) => Extend(periods, e.StreamId, e.Data, e.Sequence));

    public static IReadOnlyList<ServingPeriod> Extend(IReadOnlyList<ServingPeriod> periods, string streamId, object fact, long sequence)
    {
        var version = streamId[(streamId.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return fact switch
        {
            ModelEvent.Promoted e => Begin(periods, version, e.Mandate, e.At, sequence),
            ModelEvent.Reinstated e => Begin(periods, version, e.Mandate, e.At, sequence),
            ModelEvent.Retired e when periods is [.., { Until: null } open] && open.Version == version => [.. periods.SkipLast(1), open with { Until = e.At }],
            _ => periods,
        };
    }

    private static IReadOnlyList<ServingPeriod> Begin(IReadOnlyList<ServingPeriod> periods, string version, Mandate mandate, DateTimeOffset at, long sequence)
    {
        var before = periods is [.., { Until: null } open] ? [.. periods.SkipLast(1), open with { Until = at }] : periods;
        return [.. before, new ServingPeriod(version, at, null, mandate.Actor, mandate.Reason, sequence)];
    }
}
