using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>Exponential moving average of a table, brought up to date row by row: only when a row is about to change, and at the end.</summary>
/// <remarks>Between two changes a row stays as it is, so n steps at once are average += (1 - decay^n) x (row - average).</remarks>
internal sealed class RowAverage
{
    private readonly EmbeddingTable _table;
    private readonly double _decay;

    public RowAverage(EmbeddingTable table, double decay)
    {
        _table = table;
        _decay = decay;
        Values = (float[])table.Values.Clone();
        Steps = new long[table.Rows];
    }

    public float[] Values { get; }

    /// <summary>Beside the rows: the step up to which the average is right.</summary>
    public long[] Steps { get; }

    public void BeforeChange(int id, long step)
    {
        var passed = step - Steps[id];
        if (passed <= 0) { return; }
        Steps[id] = step;
        var share = (float)(1 - Math.Pow(_decay, passed));
        var average = Values.AsSpan(id * _table.Width, _table.Width);
        var row = _table.Row(id);
        for (var i = 0; i < average.Length; i++) { average[i] += share * (row[i] - average[i]); }
    }

    public void BringUpTo(long step)
    {
        for (var id = 0; id < _table.Rows; id++) { BeforeChange(id, step); }
    }
}
