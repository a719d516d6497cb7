using Prometheus;

namespace HsStream.Service.Health;

/// <summary>Asks every dependency again and again, so that nobody who asks for the state has to wait for one that hangs.</summary>
internal sealed class DependencyWatch(IEnumerable<Dependency> dependencies, IMetricFactory metrics, ILogger<DependencyWatch> logger, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Hurry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly Gauge _up = metrics.CreateGauge("hsstream_service_dependency_up", "1 when the dependency answers, 0 when it does not.", ["dependency"]);
    private readonly Dependency[] _dependencies = [.. dependencies];
    private volatile DependencyState[] _states = [.. dependencies.Select(d => new DependencyState(d.Name, d.IsRequired, DependencyState.Unknown, "not asked yet"))];

    public IReadOnlyList<DependencyState> States => _states;

    public bool IsReady => _states.All(state => !state.IsRequired || state.State == DependencyState.Up);

    public bool IsDown(string name) => _states.Any(state => state.Name == name && state.State == DependencyState.Down);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Enumerable.Range(0, _dependencies.Length).Select(index => WatchAsync(index, cancellationToken)));
    }

    private async Task WatchAsync(int index, CancellationToken cancellationToken)
    {
        while (true)
        {
            await AskAsync(index, cancellationToken);
            // What is away is asked more often: requests are refused until it is seen to be back.
            await Task.Delay(_states[index].State == DependencyState.Up ? Interval : Hurry, time, cancellationToken);
        }
    }

    private async Task AskAsync(int index, CancellationToken cancellationToken)
    {
        var dependency = _dependencies[index];
        string? reason;
        try
        {
            reason = await dependency.ProbeAsync(cancellationToken).WaitAsync(Patience, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a client throws, the dependency cannot be used.
        catch (Exception e)
#pragma warning restore CA1031
        {
            reason = e is TimeoutException ? $"no answer within {Patience.TotalSeconds} s" : e.Message;
        }

        var (before, now) = (_states[index], new DependencyState(dependency.Name, dependency.IsRequired, reason is null ? DependencyState.Up : DependencyState.Down, reason));
        if (before.State != now.State)
        {
            if (reason is null) { logger.DependencyUp(dependency.Name); }
            else if (before.State == DependencyState.Unknown) { logger.DependencyAwaited(dependency.Name, reason); }
            else { logger.DependencyDown(dependency.Name, reason); }
        }

        _up.WithLabels(dependency.Name).Set(reason is null ? 1 : 0);
        lock (_dependencies)
        {
            DependencyState[] states = [.. _states];
            states[index] = now;
            _states = states;
        }
    }
}
