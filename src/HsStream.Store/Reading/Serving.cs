using HsStream.Domain.Ledger;
using HsStream.Domain.ModelLifecycle;

namespace HsStream.Store.Reading;

/// <summary>Folds promotions and retirements into periods.</summary>
internal static class Serving
{
    public static IReadOnlyList<ServingPeriod> Periods(IEnumerable<StoredEvent> events)
    {
        var periods = new List<ServingPeriod>();
        foreach (var stored in events)
        {
            var version = stored.StreamId[(stored.StreamId.IndexOf('/', StringComparison.Ordinal) + 1)..];
            switch (stored.Data)
            {
                case ModelEvent.Promoted e:
                    Begin(periods, version, e.Mandate, e.At, stored.Sequence);
                    break;
                case ModelEvent.Reinstated e:
                    Begin(periods, version, e.Mandate, e.At, stored.Sequence);
                    break;
                case ModelEvent.Retired e when periods is [.., { Until: null } open] && open.Version == version:
                    periods[^1] = open with { Until = e.At };
                    break;
                default:
                    break;
            }
        }

        return periods;
    }

    private static void Begin(List<ServingPeriod> periods, string version, Mandate mandate, DateTimeOffset at, long sequence)
    {
        if (periods is [.., { Until: null } open]) { periods[^1] = open with { Until = at }; }
        periods.Add(new ServingPeriod(version, at, null, mandate.Actor, mandate.Reason, sequence));
    }
}
