using HsStream.Domain.ModelLifecycle;
using HsStream.Store.Reading;
using JasperFx.Events;
using Marten.Events.Projections;

namespace HsStream.Store.Projections;

/// <summary>Which model served when: one document.</summary>
public sealed record ServingTimeline
{
    public const string TheId = "serving";

    public string Id { get; init; } = TheId;

    /// <summary>Sequence of the last event that is in it.</summary>
    public long Sequence { get; init; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<ServingPeriod> Periods { get; init; } = [];
}

/// <summary>Kept by Marten's daemon, in one process; can be rebuilt from zero.</summary>
public sealed class ServingTimelineProjection : MultiStreamProjection<ServingTimeline, string>
{
    /// <summary>Its name in Marten's progress table.</summary>
    public const string ProjectionName = "ServingTimeline";

    public ServingTimelineProjection()
    {
        Name = ProjectionName;
        Identity<ModelEvent.Promoted>(_ => ServingTimeline.TheId);
        Identity<ModelEvent.Reinstated>(_ => ServingTimeline.TheId);
        Identity<ModelEvent.Retired>(_ => ServingTimeline.TheId);
    }

    public override ServingTimeline? Evolve(ServingTimeline? snapshot, string id, IEvent e)
    {
        var timeline = snapshot ?? new ServingTimeline();
        return e.Data switch
        {
            // An event that is in it already changes nothing.
            ModelEvent when e.Sequence <= timeline.Sequence => timeline,
            ModelEvent.Promoted or ModelEvent.Reinstated or ModelEvent.Retired => timeline with
            {
                Sequence = e.Sequence,
                Periods = Serving.Extend(timeline.Periods, e.StreamKey!, e.Data, e.Sequence),
            },
            _ => timeline,
        };
    }
}
