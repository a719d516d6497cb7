namespace HsStream.Scoring.Explanation;

/// <summary>The directions in which rows spread most: dot products between rows change least when only these are kept.</summary>
internal static class MainDirections
{
    private const int Rounds = 40;
    private const int MostRows = 10_000;

    /// <summary>Finds an orthonormal basis by subspace iteration on the rows' second moments (Golub and Van Loan, Matrix Computations, 8.2.4).</summary>
    /// <param name="rows">[n, width]; an even sample is used when there are many.</param>
    /// <returns>[width, count], column by column one direction, strongest first.</returns>
    public static float[] Find(ReadOnlySpan<float> rows, int width, int count)
    {
        var moments = Moments(rows, width);
        var random = new Random(1);
        var basis = new double[count][];
        for (var i = 0; i < count; i++)
        {
            basis[i] = [.. Enumerable.Range(0, width).Select(_ => random.NextDouble() - 0.5)];
        }

        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < count; i++)
            {
                basis[i] = Multiply(moments, basis[i], width);
            }

            Orthonormalise(basis);
        }

        var columns = new float[width * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < width; j++)
            {
                columns[(j * count) + i] = (float)basis[i][j];
            }
        }

        return columns;
    }

    private static double[] Moments(ReadOnlySpan<float> rows, int width)
    {
        var moments = new double[width * width];
        var count = rows.Length / width;
        var step = Math.Max(1, count / MostRows);
        for (var row = 0; row < count; row += step)
        {
            var values = rows.Slice(row * width, width);
            for (var i = 0; i < width; i++)
            {
                var line = moments.AsSpan(i * width, width);
                double scale = values[i];
                for (var j = 0; j < width; j++)
                {
                    line[j] += scale * values[j];
                }
            }
        }

        return moments;
    }

    private static double[] Multiply(double[] matrix, double[] vector, int width)
    {
        var product = new double[width];
        for (var i = 0; i < width; i++)
        {
            product[i] = Dot(matrix.AsSpan(i * width, width), vector);
        }

        return product;
    }

    /// <summary>Gram and Schmidt, each vector twice against rounding; a vanished one becomes zero and projects to nothing.</summary>
    private static void Orthonormalise(double[][] basis)
    {
        for (var i = 0; i < basis.Length; i++)
        {
            var before = Math.Sqrt(Dot(basis[i], basis[i]));
            for (var pass = 0; pass < 2; pass++)
            {
                for (var k = 0; k < i; k++)
                {
                    var share = Dot(basis[i], basis[k]);
                    for (var j = 0; j < basis[i].Length; j++)
                    {
                        basis[i][j] -= share * basis[k][j];
                    }
                }
            }

            var length = Math.Sqrt(Dot(basis[i], basis[i]));
            var scale = length > 1e-12 * before && length > 0 ? 1 / length : 0;
            for (var j = 0; j < basis[i].Length; j++)
            {
                basis[i][j] *= scale;
            }
        }
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
