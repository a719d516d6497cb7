using System.Numerics;
using System.Runtime.InteropServices;

namespace HsStream.Training.Networks;

/// <summary>The ids of a text that look up a table.</summary>
public enum IdSource
{
    Ngrams,
    Tokens,
}

/// <summary>A table of learned vectors, one row an id, that is too large for dense gradients. Row 0 is padding and stays zero.</summary>
/// <remarks>
/// libtorch knows only gradients of the whole table here; a batch touches a few thousand of 262,144 rows. So the table lies in managed memory,
/// its look-ups are leaves of the torch graph, and an optimiser by rows applies their gradients. Results do not depend on the number of threads:
/// each output row, and each updated row, is computed by one thread in a fixed order.
/// </remarks>
public sealed class EmbeddingTable
{
    private const int RowsPerTask = 16;

    /// <param name="scale">Standard deviation of the first values.</param>
    /// <param name="source">Which ids look up its rows.</param>
    public EmbeddingTable(string name, IdSource source, int rows, int width, float scale, SeededRandom random)
    {
        Name = name;
        Source = source;
        Rows = rows;
        Width = width;
        Values = GC.AllocateUninitializedArray<float>(checked(rows * width));
        Values.AsSpan(0, width).Clear();
        foreach (ref var value in Values.AsSpan(width)) { value = scale * random.NextBell(); }
    }

    public string Name { get; }

    public IdSource Source { get; }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>[Rows, Width], row by row.</summary>
    public float[] Values { get; }

    public Span<float> Row(int id) => Values.AsSpan(id * Width, Width);

    /// <summary>The row of an id: ids past the end share rows with others, and 0 stays padding.</summary>
    public int RowOf(int id) => id < Rows ? id : 1 + ((id - 1) % (Rows - 1));

    /// <summary>Zeroes the rows that no text of <paramref name="rows"/> looks up: they will not learn, and their first values mean nothing.</summary>
    public void ClearAllBut(IFeatureRows rows)
    {
        var seen = new bool[Rows];
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var id in Source == IdSource.Ngrams ? rows.NgramIds(row) : rows.TokenIds(row)) { seen[RowOf(id)] = true; }
        }

        for (var id = 0; id < Rows; id++)
        {
            if (!seen[id]) { Row(id).Clear(); }
        }
    }

    /// <summary>Adds weighted rows: output row r is the sum of weight x row over the entries of r.</summary>
    /// <param name="offsets">Entries of row r are [r] to [r + 1].</param>
    /// <param name="ids">Already within the table.</param>
    internal void Sum(int[] offsets, int rows, int[] ids, float[] weights, float[] output) => ForRows(rows, row =>
    {
        var target = output.AsSpan(row * Width, Width);
        target.Clear();
        for (var i = offsets[row]; i < offsets[row + 1]; i++)
        {
            if (weights[i] != 0) { AddScaled(target, Row(ids[i]), weights[i]); }
        }
    });

    /// <summary>Copies rows.</summary>
    internal void Copy(int[] ids, int count, float[] output) => ForRows(count, i => Row(ids[i]).CopyTo(output.AsSpan(i * Width, Width)));

    /// <summary>target += scale x source.</summary>
    internal static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float scale)
    {
        var targets = MemoryMarshal.Cast<float, Vector<float>>(target);
        var sources = MemoryMarshal.Cast<float, Vector<float>>(source[..target.Length]);
        var factor = new Vector<float>(scale);
        for (var i = 0; i < targets.Length; i++) { targets[i] = Vector.FusedMultiplyAdd(sources[i], factor, targets[i]); }
        for (var i = targets.Length * Vector<float>.Count; i < target.Length; i++) { target[i] = MathF.FusedMultiplyAdd(source[i], scale, target[i]); }
    }

    internal static void ForRows(int count, Action<int> action)
    {
        var tasks = (count + RowsPerTask - 1) / RowsPerTask;
        if (tasks <= 1)
        {
            for (var row = 0; row < count; row++) { action(row); }
            return;
        }

        Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, task =>
        {
            var end = Math.Min(count, (task + 1) * RowsPerTask);
            for (var row = task * RowsPerTask; row < end; row++) { action(row); }
        });
    }
}
