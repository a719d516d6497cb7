using HsStream.Training.Networks;

namespace HsStream.Training.Tuning;

/// <summary>How much a search may cost; it ends with whichever comes first. At least one of the two.</summary>
/// <param name="Trials">Over all runs of a resumed search.</param>
/// <param name="Time">Of this run; a trial that has begun is finished.</param>
public sealed record TuningBudget(int? Trials, TimeSpan? Time);

/// <summary>Runs a search: proposes points, has them tried, writes each result down, and gives up trials that fall behind.</summary>
public sealed class Tuner(BayesianSearch search, long seed, TuningBudget budget, TimeProvider clock)
{
    /// <summary>Trials that must have reached a stage before one can be given up there.</summary>
    private const int LeastForStopping = 4;

    /// <summary>Where trials are kept, to go on from; null keeps none.</summary>
    public string? LogPath { get; init; }

    /// <summary>What is searched besides the space, such as data and settings; a log of another subject is refused.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Told of each trial when it is over, those of an earlier run included.</summary>
    public IProgress<Trial>? Progress { get; init; }

    /// <summary>Tries points until the budget is spent.</summary>
    /// <param name="evaluate">Gives the value of a point, higher being better. It reports how good it is at each stage, from 0 (an epoch,
    /// say), to the second argument, and gives its best value up to then when that answers false.</param>
    /// <returns>All trials in order.</returns>
    /// <exception cref="TrialLogException">The log belongs to another search.</exception>
    /// <exception cref="HyperParameterException">The budget is empty.</exception>
    public IReadOnlyList<Trial> Run(Func<SearchPoint, Func<int, double, bool>, double> evaluate, CancellationToken cancellationToken)
    {
        HyperParameterException.Require(
            (budget.Trials ?? 1) > 0 && (budget.Time ?? TimeSpan.MaxValue) > TimeSpan.Zero && (budget.Trials ?? (object?)budget.Time) is not null,
            "budget", "a number of trials or a time, above 0", budget);
        var log = new TrialLog(LogPath, search.Space, seed, Subject);
        var trials = new List<Trial>();
        var stages = new List<List<double>>();
        foreach (var past in log.Past) { Take(past, ToPoint(search.Space, past)); }

        var started = clock.GetTimestamp();
        while (trials.Count < (budget.Trials ?? int.MaxValue) && clock.GetElapsedTime(started) < (budget.Time ?? TimeSpan.MaxValue))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var point = search.Propose();
            var trial = Try(point, evaluate, trials.Count + 1, stages, cancellationToken);
            log.Add(trial);
            Take(trial, point);
        }

        return trials;

        void Take(Trial trial, SearchPoint point)
        {
            search.Tell(point, trial.Value ?? double.NaN);
            trials.Add(trial);
            for (var stage = 0; stage < trial.Stages.Count; stage++)
            {
                if (stages.Count == stage) { stages.Add([]); }
                stages[stage].Add(trial.Stages[stage]);
            }

            Progress?.Report(trial);
        }
    }

    private Trial Try(
        SearchPoint point, Func<SearchPoint, Func<int, double, bool>, double> evaluate, int number, List<List<double>> stages, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var stopped = false;
        double? value = null;
        string? error = null;
        var reached = new List<double>();

        // Median rule (Golovin et al. 2017): worse than half of the trials at the same stage.
        bool IsWorthGoingOn(int stage, double sofar)
        {
            reached.Add(sofar);
            var others = stage < stages.Count ? stages[stage].Order().ToList() : [];
            stopped = others.Count >= LeastForStopping && sofar < others[others.Count / 2];
            return !stopped;
        }

        try
        {
            var found = evaluate(point, IsWorthGoingOn);
            value = double.IsFinite(found) ? found : null;
            error = value is null ? $"The value is {found}." : null;
        }
        catch (HyperParameterException e)
        {
            // Two values that exclude each other: the search learns to avoid them.
            error = e.Message;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var parameters = point.Values.ToDictionary(v => v.Key, v => v.Value.ToString());
        return new Trial(number, parameters, value, stopped, Math.Round(clock.GetElapsedTime(began).TotalSeconds, 3), reached, error);
    }

    /// <summary>The point that a trial tried.</summary>
    public static SearchPoint ToPoint(SearchSpace space, Trial trial) => new(space.Axes.ToDictionary(
        axis => axis.Name,
        axis => axis is ChoiceAxis
            ? SearchValue.Of(trial.Parameters[axis.Name])
            : SearchValue.Of(double.Parse(trial.Parameters[axis.Name], System.Globalization.CultureInfo.InvariantCulture))));
}
