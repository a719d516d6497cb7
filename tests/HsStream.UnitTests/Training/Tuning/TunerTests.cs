using HsStream.Training.Networks;
using HsStream.Training.Tuning;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Training.Tuning;

public sealed class TunerTests
{
    // A bowl with its bottom off the middle, in a step size by factors, a whole number and a choice.
    private static readonly SearchSpace Space = new(
        new ContinuousAxis("rate", 1e-4, 1, IsLog: true), new ContinuousAxis("dropout", 0, 0.9), new IntegerAxis("width", 8, 512, IsLog: true),
        new ChoiceAxis("shape", ["linear", "cosine", "constant"]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void It_finds_better_values_than_random_points_do_with_the_same_number_of_trials()
    {
        var wins = 0;
        for (var seed = 1; seed <= 8; seed++)
        {
            var best = Tune(seed, 25).Max(t => t.Value!.Value);
            var random = SeededRandom.For(seed, 123);
            var bestRandom = Enumerable.Range(0, 25).Max(_ => Value(Space.FromUnit(Space.Random(ref random))));
            wins += best > bestRandom ? 1 : 0;
        }

        Assert.InRange(wins, 7, 8);
    }

    [Fact]
    public void The_same_seed_makes_the_same_search_also_when_it_is_resumed()
    {
        using var scratch = new Scratch();
        var expected = Tune(3, 14);
        Assert.NotEqual(Names(expected), Names(Tune(4, 14)));
        Tune(3, 5, scratch.File("log"));
        Assert.Equal(6, File.ReadLines(scratch.File("log")).Count());
        Tune(3, 9, scratch.File("log"));

        // Killed in the middle of a line.
        File.AppendAllText(scratch.File("log"), "{\"number\":10,\"para");
        Assert.Equal(Names(expected), Names(Tune(3, 14, scratch.File("log"))));
        Assert.Equal(15, File.ReadLines(scratch.File("log")).Count());
        Assert.Equal(Names(expected), Names(Tune(3, 14, scratch.File("log"), _ => throw new InvalidOperationException("nothing is left to try"))));
    }

    [Fact]
    public void A_log_of_another_search_or_a_damaged_one_is_refused()
    {
        using var scratch = new Scratch();
        Tune(3, 2, scratch.File("log"));
        Assert.Contains("another search", Assert.Throws<TrialLogException>(() => Tune(4, 3, scratch.File("log"))).Message, StringComparison.Ordinal);
        File.AppendAllText(scratch.File("log"), "nonsense\n");
        Assert.Contains("line 4", Assert.Throws<TrialLogException>(() => Tune(3, 3, scratch.File("log"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_stay_in_their_ranges_and_reach_both_ends()
    {
        var axis = new IntegerAxis("n", 2, 5);
        var counts = Enumerable.Range(0, 1001).GroupBy(i => axis.FromUnit([i / 1000.0]).Number).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal([2.0, 3, 4, 5], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 230, 270));
        var random = SeededRandom.For(1);
        for (var i = 0; i < 200; i++)
        {
            var point = Space.FromUnit(Space.Random(ref random));
            Assert.InRange(point.Number("rate"), 1e-4, 1);
            Assert.InRange(point.WholeNumber("width"), 8, 512);
            Assert.Equal(point.ToString(), Space.FromUnit(Space.ToUnit(point)).ToString(), ignoreCase: false);
        }
    }

    [Fact]
    public void A_trial_that_fails_is_written_down_and_the_search_goes_on()
    {
        var trials = Tune(1, 12, null, point => point.Choice("shape") == "cosine"
            ? throw new HyperParameterException("cosine is broken.")
            : point.WholeNumber("width") < 20 ? double.NaN : Value(point));
        Assert.Equal(12, trials.Count);
        Assert.Contains(trials, t => t.Value is null && t.Error == "cosine is broken.");
        Assert.Contains(trials, t => t.Value is not null);
    }

    [Fact]
    public void A_trial_that_is_worse_than_half_of_the_others_by_then_is_given_up()
    {
        using var scratch = new Scratch();
        var stages = new List<int>();
        var quality = 0;
        IReadOnlyList<Trial> Run(int count) =>
            new Tuner(new BayesianSearch(Space, 1), 1, new TuningBudget(count, null), TimeProvider.System) { LogPath = scratch.File("log") }.Run(
                (_, isWorthGoingOn) =>
                {
                    var value = ++quality <= 5 ? quality : quality == 6 ? 1.5 : 9;
                    var stage = 0;
                    while (stage < 4 && isWorthGoingOn(stage, value)) { stage++; }
                    stages.Add(stage);
                    return value;
                }, Token);

        // Resumed before the bad one: it is measured by the trials of the earlier run.
        Run(5);
        var trials = Run(10);
        Assert.Equal(0, stages[5]);
        Assert.Equal([6], trials.Where(t => t.Stopped).Select(t => t.Number));
        Assert.Equal(4, stages[9]);
    }

    [Fact]
    public void A_budget_of_time_ends_the_search_after_the_trial_that_spends_it()
    {
        var clock = new FakeTimeProvider();
        var trials = new Tuner(new BayesianSearch(Space, 1), 1, new TuningBudget(null, TimeSpan.FromMinutes(5)), clock).Run(
            (point, _) =>
            {
                clock.Advance(TimeSpan.FromMinutes(2));
                return Value(point);
            }, Token);
        Assert.Equal(3, trials.Count);
        Assert.All(trials, t => Assert.Equal(120, t.Seconds));
        Assert.Throws<HyperParameterException>(() => new Tuner(new BayesianSearch(Space, 1), 1, new TuningBudget(null, null), clock).Run((_, _) => 0, Token));
    }

    [Fact]
    public void The_process_passes_through_what_it_was_told_and_doubts_what_is_far_from_it()
    {
        double[][] points = [[0.1], [0.3], [0.55], [0.9]];
        var process = GaussianProcess.Fit(points, [.. points.Select(p => Math.Sin(5 * p[0]))]);
        Assert.All(points, p => Assert.Equal(Math.Sin(5 * p[0]), process.Guess(p).Mean, 2));
        Assert.True(process.Guess([0.72]).Deviation > 5 * process.Guess([0.3]).Deviation);
        Assert.InRange(process.Guess([0.42]).Mean - Math.Sin(5 * 0.42), -0.1, 0.1);
    }

    [Fact]
    public void A_space_without_room_is_refused()
    {
        Assert.Throws<HyperParameterException>(() => new SearchSpace());
        Assert.Throws<HyperParameterException>(() => new SearchSpace(new ContinuousAxis("x", 1, 1)));
        Assert.Throws<HyperParameterException>(() => new SearchSpace(new ContinuousAxis("x", 0, 1, IsLog: true)));
        Assert.Throws<HyperParameterException>(() => new SearchSpace(new ChoiceAxis("x", ["a"])));
        Assert.Throws<HyperParameterException>(() => new SearchSpace(new IntegerAxis("x", 1, 2), new IntegerAxis("x", 1, 2)));
    }

    private static double Value(SearchPoint point) =>
        -Math.Pow(Math.Log10(point.Number("rate")) + 2.6, 2) - (4 * Math.Pow(point.Number("dropout") - 0.35, 2))
        - Math.Pow(Math.Log2(point.WholeNumber("width")) - 7, 2) + (point.Choice("shape") == "linear" ? 0.5 : 0);

    private static IReadOnlyList<Trial> Tune(long seed, int trials, string? log = null, Func<SearchPoint, double>? value = null) =>
        new Tuner(new BayesianSearch(Space, seed), seed, new TuningBudget(trials, null), new FakeTimeProvider()) { LogPath = log }
            .Run((point, _) => (value ?? Value)(point), Token);

    private static IEnumerable<string> Names(IReadOnlyList<Trial> trials) =>
        trials.Select(t => $"{t.Number} {t.Value} {string.Join(' ', t.Parameters.Select(p => $"{p.Key}={p.Value}"))}");
}
