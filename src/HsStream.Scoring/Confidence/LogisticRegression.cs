namespace HsStream.Scoring.Confidence;

/// <summary>Binary logistic regression by Newton's method with a small ridge; for a handful of standardised signals.</summary>
internal static class LogisticRegression
{
    private const double Ridge = 1e-3;
    private const int MostSteps = 50;

    /// <param name="rows">Signals, row after row, each <paramref name="width"/> wide.</param>
    /// <param name="isRight">A row for each.</param>
    /// <param name="use">Whether a row takes part.</param>
    /// <returns>The constant, then a weight a signal.</returns>
    public static double[] Fit(ReadOnlySpan<float> rows, int width, ReadOnlySpan<bool> isRight, Func<int, bool> use)
    {
        var size = width + 1;
        var weights = new double[size];
        var x = new double[size];
        for (var step = 0; step < MostSteps; step++)
        {
            var gradient = new double[size];
            var hessian = new double[size, size];
            var count = 0;
            for (var row = 0; row < isRight.Length; row++)
            {
                if (!use(row))
                {
                    continue;
                }

                count++;
                var sum = 0.0;
                for (var i = 0; i < size; i++)
                {
                    x[i] = i == 0 ? 1 : rows[(row * width) + i - 1];
                    sum += weights[i] * x[i];
                }

                var p = 1 / (1 + Math.Exp(-sum));
                var residual = (isRight[row] ? 1 : 0) - p;
                for (var i = 0; i < size; i++)
                {
                    gradient[i] += residual * x[i];
                    for (var j = 0; j <= i; j++)
                    {
                        hessian[i, j] += p * (1 - p) * x[i] * x[j];
                    }
                }
            }

            for (var i = 0; i < size; i++)
            {
                gradient[i] = (gradient[i] / Math.Max(count, 1)) - (Ridge * weights[i]);
                for (var j = 0; j <= i; j++)
                {
                    hessian[i, j] = hessian[j, i] = (hessian[i, j] / Math.Max(count, 1)) + (i == j ? Ridge : 0);
                }
            }

            if (Advance(weights, Solve(hessian, gradient)) < 1e-9)
            {
                break;
            }
        }

        return weights;
    }

    private static double Advance(double[] weights, double[] step)
    {
        // Newton's step overshoots where the classes are all but separable; no sound step is longer than this.
        var largest = step.Max(Math.Abs);
        var shrink = Math.Min(1, 5 / Math.Max(largest, 1e-300));
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] += shrink * step[i];
        }

        return largest;
    }

    /// <summary>Solves a symmetric positive definite system by Cholesky's factors; overwrites the matrix.</summary>
    private static double[] Solve(double[,] a, double[] b)
    {
        var n = b.Length;
        var x = (double[])b.Clone();
        for (var j = 0; j < n; j++)
        {
            for (var i = j; i < n; i++)
            {
                var sum = a[i, j];
                for (var k = 0; k < j; k++)
                {
                    sum -= a[i, k] * a[j, k];
                }

                a[i, j] = i == j ? Math.Sqrt(sum) : sum / a[j, j];
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
            {
                x[i] -= a[i, k] * x[k];
            }

            x[i] /= a[i, i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
            {
                x[i] -= a[k, i] * x[k];
            }

            x[i] /= a[i, i];
        }

        return x;
    }
}
