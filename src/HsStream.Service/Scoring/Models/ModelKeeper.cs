using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using Microsoft.ML.OnnxRuntime;

namespace HsStream.Service.Scoring.Models;

/// <summary>Loads the models that the announcements ask for and hands out the plan of what serves.</summary>
/// <remarks>
/// Loading and warming up run beside the workers, which take up a new plan between two batches. While a new champion cannot be
/// loaded the old one goes on serving; what cannot be loaded is tried again after <see cref="ModelsOptions.RetryAfter"/>.
/// </remarks>
internal sealed class ModelKeeper(
    BundleSource bundles, ScoringOptions scoring, ModelsOptions options, int maxShadows, int workers,
    ModelMetrics metrics, ILogger<ModelKeeper> logger, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Announcements _announcements = new();
    private readonly Dictionary<string, LoadedModel> _loaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _loading = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Problem, long At)> _problems = new(StringComparer.Ordinal);
    private ServingWish _wish = ServingWish.Nothing;
    private ServingPlan? _plan;
    private bool _isCaughtUp;
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _planChanged = NewSignal();

    /// <summary>What serves now; null when nothing can.</summary>
    public ServingPlan? Plan => Volatile.Read(ref _plan);

    /// <summary>Why nothing serves, or what is missing beside it; null when all that was asked for serves.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate)
            {
                if (!_isCaughtUp) { return $"{Topics.Models} is not read to its end yet"; }
                if (_wish.Champion is not { } champion) { return $"no model is CHAMPION in {Topics.Models}"; }
                var missing = _wish.Versions.Where(version => !_loaded.ContainsKey(version)).ToList();
                return missing.Count == 0 ? null : string.Join("; ", missing.Select(version =>
                    $"{(version == champion ? "champion" : "model")} {version}: {(_problems.TryGetValue(version, out var problem) ? problem.Problem : "is loading")}"));
            }
        }
    }

    /// <summary>Ends when another plan than <paramref name="seen"/> serves.</summary>
    public async Task<ServingPlan?> WaitForOtherAsync(ServingPlan? seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_gate) { change = _planChanged.Task; }
            var plan = Plan;
            if (plan != seen) { return plan; }
            await change.WaitAsync(cancellationToken);
        }
    }

    public void Announce(string version, ModelVersion? model, long offset) => Change(() => _announcements.Apply(version, model, offset));

    public void Announce(string experimentId, Experiment? experiment, long offset) => Change(() => _announcements.Apply(experimentId, experiment, offset));

    /// <summary>Both topics were read to their ends: from here on what is announced is what holds, and the first plan may be made.</summary>
    public void CaughtUp() => Change(() => _isCaughtUp = true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var (change, wait) = Step(cancellationToken);
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(change, Task.Delay(wait, time, deadline.Token));
                await deadline.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // The plan stays: workers finish what they have in hand with it.
            Task[] loading;
            lock (_gate) { loading = [.. _loading.Values]; }
            await Task.WhenAll(loading);
        }
    }

    /// <summary>Frees the models; after the last worker.</summary>
    public void Dispose()
    {
        foreach (var model in _loaded.Values) { model.Release(); }
        _loaded.Clear();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            Signal(ref _changed);
        }
    }

    private static void Signal(ref TaskCompletionSource signal)
    {
        var old = signal;
        signal = NewSignal();
        old.TrySetResult();
    }

    /// <summary>Starts the loads that are due and shows the plan that the loaded models allow.</summary>
    private (Task Change, TimeSpan Wait) Step(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var change = _changed.Task;
            if (!_isCaughtUp) { return (change, Timeout.InfiniteTimeSpan); }
            var wish = _announcements.Decide(maxShadows);
            foreach (var ignored in wish.Ignored.Except(_wish.Ignored)) { logger.AnnouncementIgnored(ignored); }
            _wish = wish;
            var wait = Timeout.InfiniteTimeSpan;
            foreach (var version in wish.Versions.Where(version => !_loaded.ContainsKey(version) && !_loading.ContainsKey(version)))
            {
                var due = _problems.TryGetValue(version, out var problem) ? options.RetryAfter - time.GetElapsedTime(problem.At) : TimeSpan.Zero;
                if (due <= TimeSpan.Zero)
                {
                    _loading.Add(version, Task.Run(() => LoadAsync(version, cancellationToken), CancellationToken.None));
                }
                else if (wait == Timeout.InfiniteTimeSpan || due < wait)
                {
                    wait = due;
                }
            }

            Compose();
            return (change, wait);
        }
    }

    private void Compose()
    {
        var champion = _wish.Champion is null ? null : _loaded.GetValueOrDefault(_wish.Champion) ?? _plan?.Champion;
        ServingPlan? plan = null;
        if (champion is not null)
        {
            var candidate = _wish.Experiment is { } running && running.Champion == champion.Version ? _loaded.GetValueOrDefault(running.Candidate) : null;
            plan = new ServingPlan(
                champion, candidate is null ? null : _wish.Experiment, candidate,
                [.. _wish.Shadows.Select(version => _loaded.GetValueOrDefault(version)).OfType<LoadedModel>().Where(model => model != champion)]);
        }

        if (plan is null ? _plan is not null : !plan.IsSame(_plan)) { Show(plan); }
        var wanted = _wish.Versions.ToHashSet(StringComparer.Ordinal);
        if (_plan is not null) { wanted.Add(_plan.Champion.Version); }
        foreach (var version in _loaded.Keys.Where(version => !wanted.Contains(version)).ToList())
        {
            _loaded.Remove(version, out var model);
            model!.Release();
        }

        foreach (var version in _problems.Keys.Where(version => !wanted.Contains(version)).ToList()) { _problems.Remove(version); }
    }

    private void Show(ServingPlan? plan)
    {
        if (plan is not null && plan.Champion != _plan?.Champion) { logger.ChampionServes(plan.Champion.Version, plan.Champion.Provider, _plan?.Champion.Version ?? "none"); }
        if (plan is null && _plan is not null) { logger.NothingServes(); }
        if (plan?.Experiment is { } experiment && experiment != _plan?.Experiment)
        {
            logger.ExperimentServes(experiment.ExperimentId, experiment.Kind, experiment.Candidate, experiment.CandidateShare);
        }

        Volatile.Write(ref _plan, plan);
        metrics.Show(plan);
        Signal(ref _planChanged);
    }

    private async Task LoadAsync(string version, CancellationToken cancellationToken)
    {
        LoadedModel? model = null;
        string? problem = null;
        try
        {
            var bundle = await bundles.GetAsync(version, cancellationToken);
            model = LoadedModel.Load(bundle, scoring, workers);
            if (model.Warning is { } warning) { logger.ProviderFellBack(version, warning); }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is BundleException or HttpRequestException or IOException or UnauthorizedAccessException or ArgumentException or OnnxRuntimeException or OutOfMemoryException)
        {
            problem = e.Message;
        }
        finally
        {
            lock (_gate)
            {
                _loading.Remove(version);
                if (model is not null)
                {
                    _loaded.Add(version, model);
                    _problems.Remove(version);
                }
                else if (problem is not null)
                {
                    if (!_problems.TryGetValue(version, out var known) || known.Problem != problem) { logger.BundleUnusable(version, problem, options.RetryAfter); }
                    metrics.BundleFailed();
                    _problems[version] = (problem, time.GetTimestamp());
                }

                Signal(ref _changed);
            }
        }
    }
}
