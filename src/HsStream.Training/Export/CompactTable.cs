using HsStream.Training.Networks;

namespace HsStream.Training.Export;

/// <summary>The rows of a table that say something, and where each id finds its own.</summary>
/// <remarks>Texts of a training set look up two thirds of 262,144 buckets at most; rows that none has looked up are zero and need no place in the file.</remarks>
internal sealed class CompactTable
{
    private CompactTable(int[]? rowOf, int rows, float[] values)
    {
        RowOf = rowOf;
        Rows = rows;
        Values = values;
    }

    /// <summary>Row of each id; ids without one share row 0, which is zero. Null when every id has the row of its own number.</summary>
    public int[]? RowOf { get; }

    public int Rows { get; }

    /// <summary>[Rows, width].</summary>
    public float[] Values { get; }

    /// <param name="bytesPerValue">In the file.</param>
    public static CompactTable Of(EmbeddingTable table, int bytesPerValue)
    {
        var rowOf = new int[table.Rows];
        var kept = new List<int> { 0 };
        for (var id = 1; id < table.Rows; id++)
        {
            if (table.Row(id).IndexOfAnyExcept(0f) < 0) { continue; }
            rowOf[id] = kept.Count;
            kept.Add(id);
        }

        // The map takes four bytes an id.
        if (((long)(table.Rows - kept.Count) * table.Width * bytesPerValue) <= 4L * table.Rows) { return new CompactTable(null, table.Rows, table.Values); }
        var values = new float[kept.Count * table.Width];
        for (var row = 0; row < kept.Count; row++) { table.Row(kept[row]).CopyTo(values.AsSpan(row * table.Width)); }
        return new CompactTable(rowOf, kept.Count, values);
    }
}
