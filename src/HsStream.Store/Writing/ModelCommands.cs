using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;

namespace HsStream.Store.Writing;

/// <summary>What operators order about models. Each is recorded with actor and reason before anything is told to the scorers.</summary>
/// <remarks>Every method: <see cref="CommandRejectedException"/> when the rules refuse; false when it is recorded already.</remarks>
public sealed class ModelCommands
{
    private readonly LedgerWriter _writer;
    private readonly TimeProvider _clock;

    internal ModelCommands(LedgerWriter writer, TimeProvider clock) => (_writer, _clock) = (writer, clock);

    public Task<bool> RegisterAsync(ModelFacts facts, Mandate mandate, CancellationToken cancellationToken) =>
        OnModelAsync(facts.Version, new ModelCommand.Register(facts, mandate, _clock.GetUtcNow()), cancellationToken);

    public Task<bool> StartShadowAsync(string version, Mandate mandate, CancellationToken cancellationToken) =>
        OnModelAsync(version, new ModelCommand.StartShadow(mandate, _clock.GetUtcNow()), cancellationToken);

    /// <summary>Retires the champion of now in the same transaction.</summary>
    public Task<bool> PromoteAsync(string version, Mandate mandate, CancellationToken cancellationToken)
    {
        var at = _clock.GetUtcNow();
        return SucceedAsync(version, new ModelCommand.Promote(mandate, at), mandate, at, cancellationToken);
    }

    /// <summary>Brings back the champion before the champion of now, which is retired.</summary>
    /// <returns>The version that serves now.</returns>
    public async Task<string> RollBackAsync(Mandate mandate, CancellationToken cancellationToken)
    {
        var at = _clock.GetUtcNow();
        var (version, _, _) = await _writer.ExecuteAsync(async (session, token) =>
        {
            var models = await LoadAsync(session, token);
            var current = models.Where(m => m.Value.Stage == ModelStage.Champion).Select(m => m.Key).FirstOrDefault();
            var previous = await LastRetiredForAsync(session, current, token)
                ?? throw new CommandRejectedException("Expected a champion that was retired to go back to, got none.");
            Decide(session, models, previous, new ModelCommand.Reinstate(mandate, at), mandate, at);
            return previous;
        }, [], cancellationToken);
        return version;
    }

    public Task<bool> RetireAsync(string version, Mandate mandate, CancellationToken cancellationToken) =>
        OnModelAsync(version, new ModelCommand.Retire(null, mandate, _clock.GetUtcNow()), cancellationToken);

    /// <summary>Both models must be registered.</summary>
    public async Task<bool> StartExperimentAsync(ExperimentPlan plan, Mandate mandate, CancellationToken cancellationToken)
    {
        var command = new ExperimentCommand.Start(plan, mandate, _clock.GetUtcNow());
        var (isNew, _, _) = await _writer.ExecuteAsync(async (session, token) =>
        {
            var models = await LoadAsync(session, token);
            foreach (var version in (string[])[plan.Champion, plan.Candidate])
            {
                if (models.GetValueOrDefault(version)?.Stage is not { } stage || stage == ModelStage.Retired)
                {
                    throw new CommandRejectedException($"Expected a registered model that is not retired, got '{version}'.");
                }
            }

            return await DecideAsync(session, StreamIds.Experiment(plan.ExperimentId), command, token);
        }, [], cancellationToken);
        return isNew;
    }

    public async Task<bool> EndExperimentAsync(string experimentId, Mandate mandate, CancellationToken cancellationToken)
    {
        var command = new ExperimentCommand.Finish(mandate, _clock.GetUtcNow());
        var (isNew, _, _) = await _writer.ExecuteAsync(
            (session, token) => DecideAsync(session, StreamIds.Experiment(experimentId), command, token), [], cancellationToken);
        return isNew;
    }

    internal static async Task<bool> DecideAsync(LedgerSession session, string streamId, object command, CancellationToken cancellationToken)
    {
        if (Refusals.OfStreamId(streamId) is { } wrong) { throw new CommandRejectedException(wrong); }
        await session.LoadAsync([streamId], cancellationToken);
        var (_, events, rejection) = session.Decide(streamId, command);
        return rejection is null ? events.Count > 0 : throw new CommandRejectedException(rejection);
    }

    private async Task<bool> OnModelAsync(string version, ModelCommand command, CancellationToken cancellationToken)
    {
        var (isNew, _, _) = await _writer.ExecuteAsync((session, token) => DecideAsync(session, StreamIds.Model(version), command, token), [], cancellationToken);
        return isNew;
    }

    private async Task<bool> SucceedAsync(string version, ModelCommand command, Mandate mandate, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var (isNew, _, _) = await _writer.ExecuteAsync(async (session, token) =>
        {
            var models = await LoadAsync(session, token);
            await session.LoadAsync([StreamIds.Model(version)], token);
            return Decide(session, models, version, command, mandate, at);
        }, [], cancellationToken);
        return isNew;
    }

    private static bool Decide(
        LedgerSession session, IReadOnlyDictionary<string, ModelState> models, string version, ModelCommand command, Mandate mandate, DateTimeOffset at)
    {
        switch (Succession.Decide(models, version, command, mandate, at))
        {
            case Decision<(string Version, ModelEvent Event)>.Accepted accepted:
                foreach (var (of, fact) in accepted.Events) { session.Record(StreamIds.Model(of), [fact]); }
                return accepted.Events.Count > 0;
            case Decision<(string, ModelEvent)>.Rejected rejected:
                throw new CommandRejectedException(rejected.Reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task<IReadOnlyDictionary<string, ModelState>> LoadAsync(LedgerSession session, CancellationToken cancellationToken) =>
        (await session.LoadModelsAsync(StreamIds.ModelPrefix, cancellationToken)).ToDictionary(m => m.Key, m => (ModelState)m.Value.State);

    /// <summary>Whom the current champion took over from; with no champion, who was retired last.</summary>
    private static async Task<string?> LastRetiredForAsync(LedgerSession session, string? current, CancellationToken cancellationToken)
    {
        var streamId = await session.LastRetiredChampionAsync(current, cancellationToken);
        return streamId?[StreamIds.ModelPrefix.Length..];
    }
}
