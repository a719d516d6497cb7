using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>Which rows make which step of an epoch. A pure function of the seed and the epoch, so nothing of it needs to be saved.</summary>
internal sealed class BatchPlan(LabelledRows data, TrainingOptions options, bool byLength, long seed)
{
    /// <summary>Batches whose rows are sorted by length together: enough to save padding, few enough to stay mixed.</summary>
    private const int Window = 20;

    private readonly int[][] _rowsOf = [.. Enumerable.Range(0, data.Count).GroupBy(row => data.Labels[row]).OrderBy(g => g.Key).Select(g => g.ToArray())];

    /// <summary>Rows of an epoch, repeated ones included.</summary>
    public int RowsPerEpoch => _rowsOf.Sum(rows => Math.Max(rows.Length, options.MinRowsPerLabel));

    public int StepsPerEpoch => (RowsPerEpoch + options.BatchSize - 1) / options.BatchSize;

    /// <param name="epoch">From 0.</param>
    public int[][] Epoch(int epoch)
    {
        var random = SeededRandom.For(seed, 2, epoch);
        var rows = new List<int>(RowsPerEpoch);
        foreach (var group in _rowsOf)
        {
            rows.AddRange(group);
            if (group.Length >= options.MinRowsPerLabel) { continue; }

            // Whole copies first, then some of the rows: none appears more than once more often than another.
            var missing = options.MinRowsPerLabel - group.Length;
            for (var copy = 0; copy < missing / group.Length; copy++) { rows.AddRange(group); }
            var shuffled = (int[])group.Clone();
            random.Shuffle(shuffled);
            rows.AddRange(shuffled.AsSpan(0, missing % group.Length));
        }

        var order = rows.ToArray();
        random.Shuffle(order);
        if (!byLength) { return [.. order.Chunk(options.BatchSize)]; }

        foreach (var window in Enumerable.Range(0, order.Length).Chunk(Window * options.BatchSize))
        {
            var part = order.AsSpan(window[0], window.Length);
            var sorted = part.ToArray().OrderBy(row => data.Rows.TokenIds(row).Length).ToArray();     // stable
            sorted.CopyTo(part);
        }

        var batches = order.Chunk(options.BatchSize).ToArray();
        var places = Enumerable.Range(0, batches.Length).ToArray();
        random.Shuffle(places);
        return [.. places.Select(place => batches[place])];
    }
}
