using HsStream.Training.Networks;
using MathNet.Numerics;

namespace HsStream.Training.Tuning;

/// <summary>Proposes the points of a search for the largest value, each after what the ones before have shown.</summary>
/// <remarks>
/// Expected improvement over the best value so far (Jones, Schonlau and Welch 1998) on a Gaussian process. The first points are random. A
/// proposal is a function of the seed and of the trials before it, so a search that is resumed goes on as it would have.
/// </remarks>
public sealed class BayesianSearch(SearchSpace space, long seed)
{
    private const int RandomCandidates = 400;
    private const int LocalCandidates = 200;

    private readonly List<double[]> _points = [];
    private readonly List<double> _values = [];

    /// <summary>Points drawn at random before the process is asked.</summary>
    public int RandomTrials { get; init; } = 6;

    public SearchSpace Space { get; } = space;

    /// <summary>Learns the value of a point; higher is better. A failed trial is told as NaN and counts as the worst value seen.</summary>
    public void Tell(SearchPoint point, double value)
    {
        _points.Add(Space.ToUnit(point));
        _values.Add(value);
    }

    public SearchPoint Propose()
    {
        var random = SeededRandom.For(seed, 7, _points.Count);
        var known = _values.Where(double.IsFinite).ToList();
        if (_points.Count < RandomTrials || known.Distinct().Count() < 2) { return Space.FromUnit(Space.Random(ref random)); }

        var worst = known.Min();
        var values = _values.Select(v => double.IsFinite(v) ? v : worst).ToList();
        var process = GaussianProcess.Fit(_points, values);
        var best = values.Max();
        var centre = _points[values.IndexOf(best)];
        var (proposal, highest) = (Space.FromUnit(Space.Random(ref random)), double.NegativeInfinity);
        for (var i = 0; i < RandomCandidates + LocalCandidates; i++)
        {
            // Everywhere, and near the best point at ever smaller distances.
            var unit = i < RandomCandidates ? Space.Random(ref random) : Near(centre, Math.Pow(0.5, 1 + (i % 6)), ref random);
            var point = Space.FromUnit(unit);
            var (mean, deviation) = process.Guess(Space.ToUnit(point));
            var z = (mean - best) / deviation;
            var improvement = ((mean - best) * Cumulative(z)) + (deviation * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI));
            if (improvement > highest) { (proposal, highest) = (point, improvement); }
        }

        return proposal;
    }

    private static double Cumulative(double z) => 0.5 * SpecialFunctions.Erfc(-z / Math.Sqrt(2));

    private static double[] Near(double[] centre, double distance, ref SeededRandom random)
    {
        var unit = (double[])centre.Clone();
        foreach (ref var coordinate in unit.AsSpan()) { coordinate = Math.Clamp(coordinate + (distance * random.NextBell() / 2), 0, 1); }
        return unit;
    }
}
