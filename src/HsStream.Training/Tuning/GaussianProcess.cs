using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace HsStream.Training.Tuning;

/// <summary>A guess at a function from a few of its values, with how sure the guess is: a Gaussian process with a Matérn 5/2 kernel.</summary>
/// <remarks>
/// Rasmussen and Williams 2006, algorithm 2.1 and equation 4.17. One length for each coordinate and a noise level, chosen by the likelihood of the
/// values; these are standardised first. Points lie in [0, 1]^d.
/// </remarks>
internal sealed class GaussianProcess
{
    private const double LeastNoise = 1e-6;
    private static readonly double[] Lengths = [0.1, 0.2, 0.35, 0.6, 1, 2, 4];
    private static readonly double[] Noises = [LeastNoise, 1e-3, 1e-2, 0.1, 0.3];

    private readonly IReadOnlyList<double[]> _points;
    private readonly double[] _lengths;
    private readonly double _mean;
    private readonly double _deviation;
    private readonly Matrix<double> _factor;
    private readonly Vector<double> _weights;

    private GaussianProcess(IReadOnlyList<double[]> points, Vector<double> standard, double mean, double deviation, double[] lengths, double noise)
    {
        _points = points;
        _lengths = lengths;
        _mean = mean;
        _deviation = deviation;
        var covariance = DenseMatrix.Create(points.Count, points.Count, (i, j) => Kernel(points[i], points[j], lengths) + (i == j ? noise + LeastNoise : 0));
        var cholesky = covariance.Cholesky();
        _factor = cholesky.Factor;
        _weights = cholesky.Solve(standard);
        LogLikelihood = (-0.5 * standard.DotProduct(_weights)) - _factor.Diagonal().Sum(Math.Log);
    }

    private double LogLikelihood { get; }

    public static GaussianProcess Fit(IReadOnlyList<double[]> points, IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        if (deviation == 0) { deviation = 1; }
        var standard = Vector<double>.Build.DenseOfEnumerable(values.Select(v => (v - mean) / deviation));

        GaussianProcess With(double[] lengths, double noise) => new(points, standard, mean, deviation, lengths, noise);

        // One length for all first, then each coordinate in turn: a short climb, without gradients.
        var (bestNoise, best) = (LeastNoise, With([.. points[0].Select(_ => 1.0)], LeastNoise));
        foreach (var noise in Noises)
        {
            foreach (var length in Lengths)
            {
                var next = With([.. points[0].Select(_ => length)], noise);
                if (next.LogLikelihood > best.LogLikelihood) { (bestNoise, best) = (noise, next); }
            }
        }

        for (var axis = 0; axis < points[0].Length; axis++)
        {
            foreach (var length in Lengths)
            {
                var lengths = (double[])best._lengths.Clone();
                lengths[axis] = length;
                var next = With(lengths, bestNoise);
                if (next.LogLikelihood > best.LogLikelihood) { best = next; }
            }
        }

        return best;
    }

    /// <summary>Mean and standard deviation of the guess at a point.</summary>
    public (double Mean, double Deviation) Guess(double[] point)
    {
        var near = Vector<double>.Build.Dense(_points.Count, i => Kernel(_points[i], point, _lengths));
        var mean = near.DotProduct(_weights);
        var solved = SolveLower(near);
        var variance = Math.Max(1e-12, 1 - solved.DotProduct(solved));
        return (_mean + (_deviation * mean), _deviation * Math.Sqrt(variance));
    }

    private static double Kernel(double[] a, double[] b, double[] lengths)
    {
        var square = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var distance = (a[i] - b[i]) / lengths[i];
            square += distance * distance;
        }

        var r = Math.Sqrt(5 * square);
        return (1 + r + (r * r / 3)) * Math.Exp(-r);
    }

    private Vector<double> SolveLower(Vector<double> right)
    {
        var solved = right.Clone();
        for (var i = 0; i < solved.Count; i++)
        {
            var sum = solved[i];
            for (var j = 0; j < i; j++) { sum -= _factor[i, j] * solved[j]; }
            solved[i] = sum / _factor[i, i];
        }

        return solved;
    }
}
