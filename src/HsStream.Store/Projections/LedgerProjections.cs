using HsStream.Domain.Ledger;
using HsStream.Store.Leadership;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;

namespace HsStream.Store.Projections;

/// <summary>Read models: the decision page, folded on demand, and the serving timeline, kept by a daemon in one process.</summary>
public sealed class LedgerProjections
{
    private const string Role = "projections";

    private readonly IDocumentStore _store;
    private readonly LeaderElection _election;
    private volatile IProjectionDaemon? _daemon;

    internal LedgerProjections(IDocumentStore store, LeaderElection election) => (_store, _election) = (store, election);

    /// <summary>True while this process runs the daemon.</summary>
    public bool IsLeading => _daemon is not null;

    internal static void Register(StoreOptions options)
    {
        options.Projections.Add<DecisionPageProjection>(ProjectionLifecycle.Live);
        options.Projections.Add<ServingTimelineProjection>(ProjectionLifecycle.Async);
    }

    /// <returns>Null when nothing is recorded under this id.</returns>
    public async Task<DecisionPage?> DecisionPageAsync(string descriptionId, CancellationToken cancellationToken)
    {
        await using var session = _store.QuerySession();
        return await session.Events.AggregateStreamAsync<DecisionPage>(StreamIds.Goods(descriptionId), token: cancellationToken);
    }

    /// <returns>As far as the daemon has come; null before its first event.</returns>
    public async Task<ServingTimeline?> ServingTimelineAsync(CancellationToken cancellationToken)
    {
        await using var session = _store.QuerySession();
        return await session.LoadAsync<ServingTimeline>(ServingTimeline.TheId, cancellationToken);
    }

    /// <summary>Takes part in the election and runs the daemon while this process leads; until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _election.RunAsync(Role, async lead =>
    {
        using var daemon = await _store.BuildProjectionDaemonAsync();
        await daemon.StartAllAsync();
        _daemon = daemon;
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, lead);
        }
        finally
        {
            _daemon = null;
            await daemon.StopAllAsync();
        }
    }, cancellationToken);

    /// <summary>Forgets the serving timeline and folds it again from the first event.</summary>
    /// <returns>False when another process leads: it must do this.</returns>
    public async Task<bool> RebuildAsync(CancellationToken cancellationToken)
    {
        if (_daemon is { } running)
        {
            await running.RebuildProjectionAsync(ServingTimelineProjection.ProjectionName, cancellationToken);
            return true;
        }

        return await _election.TryRunAsync(Role, async lead =>
        {
            using var daemon = await _store.BuildProjectionDaemonAsync();
            await daemon.RebuildProjectionAsync(ServingTimelineProjection.ProjectionName, lead);
        }, cancellationToken);
    }
}
