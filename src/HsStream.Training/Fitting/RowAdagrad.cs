using System.Numerics;
using System.Runtime.InteropServices;
using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>Applies the gradients of look-ups to the rows of one table: Adagrad with one sum of squares a row (Duchi et al. 2011; by rows as in DLRM).</summary>
/// <remarks>Repeatable with any number of threads: each row is updated by one thread, which adds up its gradients in a fixed order.</remarks>
internal sealed class RowAdagrad(EmbeddingTable table)
{
    private const float Epsilon = 1e-8f;
    private readonly int[] _first = NewFilled(table.Rows);
    private readonly List<int> _touched = [];
    private int[] _next = [];

    public EmbeddingTable Table { get; } = table;

    /// <summary>Beside the rows: sum over steps of the mean squared gradient; 0 for a row that no text has touched.</summary>
    public float[] Sums { get; } = new float[table.Rows];

    /// <summary>A moving average of the rows to keep up to date; null without one.</summary>
    public RowAverage? Average { get; set; }

    /// <param name="gradients">Of the use's leaf: [positions, width].</param>
    /// <param name="scale">Factor of the gradient.</param>
    public void Apply(EmbeddingUse use, float[] gradients, float rate, float scale, long step)
    {
        var width = Table.Width;
        if (_next.Length < use.Count) { _next = new int[Math.Max(use.Count, 2 * _next.Length)]; }

        // Entries of the same row, chained from its last one.
        for (var i = 0; i < use.Count; i++)
        {
            if (use.Weights[i] == 0) { continue; }
            ref var first = ref _first[use.Ids[i]];
            if (first < 0) { _touched.Add(use.Ids[i]); }
            _next[i] = first;
            first = i;
        }

        EmbeddingTable.ForRows(_touched.Count, t =>
        {
            var id = _touched[t];
            Span<float> sum = width <= 1024 ? stackalloc float[width] : new float[width];
            sum.Clear();
            for (var i = _first[id]; i >= 0; i = _next[i])
            {
                EmbeddingTable.AddScaled(sum, gradients.AsSpan(use.Positions[i] * width, width), use.Weights[i] * scale);
            }

            Average?.BeforeChange(id, step);
            var total = Sums[id] += SumOfSquares(sum) / width;
            EmbeddingTable.AddScaled(Table.Row(id), sum, -rate / (MathF.Sqrt(total) + Epsilon));
            _first[id] = -1;
        });
        _touched.Clear();
    }

    private static float SumOfSquares(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var lanes = Vector<float>.Zero;
        foreach (var vector in vectors) { lanes = Vector.FusedMultiplyAdd(vector, vector, lanes); }
        var sum = Vector.Sum(lanes);
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..]) { sum += value * value; }
        return sum;
    }

    private static int[] NewFilled(int length)
    {
        var array = new int[length];
        Array.Fill(array, -1);
        return array;
    }
}
