using HsStream.Training.Networks;

namespace HsStream.Training.Export;

/// <summary>Puts learned numbers into a graph with the precision asked for, and back to float32 where they are used.</summary>
internal sealed class WeightWriter
{
    private readonly ExportOptions _options;

    /// <exception cref="HyperParameterException">Matrices cannot be kept in 4 bits.</exception>
    public WeightWriter(ExportOptions options)
    {
        HyperParameterException.Require(options.Matrices != WeightPrecision.Four, "the precision of matrices", "full, half or eight", options.Matrices);
        _options = options;
    }

    /// <summary>A matrix [rows, columns] as float32. Narrow ones are widened by nodes that the runtime folds away when it loads.</summary>
    /// <param name="scaleRows">Whether 8 bits take a scale for each row instead of each column.</param>
    public GraphValue Matrix(GraphBuilder graph, string name, float[] values, int rows, int columns, bool scaleRows = false)
    {
        switch (_options.Matrices)
        {
            case WeightPrecision.Half:
                return graph.Cast(graph.Constant(name, ToHalf(values), rows, columns), ElementType.Float32);
            case WeightPrecision.Eight:
                var (codes, scales) = scaleRows ? Quantization.Rows(values, columns) : Quantization.Columns(values, columns);
                return graph.Multiply(
                    graph.Cast(graph.Constant(name, codes, rows, columns), ElementType.Float32),
                    scaleRows ? graph.Constant($"{name}.scales", scales, rows, 1) : graph.Constant($"{name}.scales", scales, 1, columns));
            default:
                return graph.Constant(name, values, rows, columns);
        }
    }

    /// <summary>Weighted sum of table rows: ids and weights [N, F] give [N, width].</summary>
    public GraphValue SumRows(GraphBuilder graph, EmbeddingTable table, GraphValue ids, GraphValue weights)
    {
        var rows = Rows(graph, table, ids, out var scales);
        if (scales is not null) { weights = graph.Multiply(weights, scales); }

        // [N, 1, F] x [N, F, width]: one pass over the rows, without a scaled copy of them.
        return graph.Squeeze(graph.MatMul(graph.Unsqueeze(weights, 1), rows), 1);
    }

    /// <summary>Table rows: ids [N, T] give [N, T, width].</summary>
    public GraphValue LookUp(GraphBuilder graph, EmbeddingTable table, GraphValue ids)
    {
        var rows = Rows(graph, table, ids, out var scales);
        return scales is null ? rows : graph.Multiply(rows, graph.Unsqueeze(scales, 2));
    }

    private static Half[] ToHalf(float[] values) => Array.ConvertAll(values, v => (Half)v);

    // The narrow rows are gathered first and widened afterwards, so the table stays narrow in memory.
    private GraphValue Rows(GraphBuilder graph, EmbeddingTable table, GraphValue ids, out GraphValue? scales)
    {
        var compact = CompactTable.Of(table, _options.Tables switch { WeightPrecision.Half => 2, WeightPrecision.Full => 4, _ => 1 });
        if (compact.RowOf is { } rowOf) { ids = graph.Gather(graph.Constant($"{table.Name}.rows", rowOf, table.Rows), ids); }
        scales = null;
        switch (_options.Tables)
        {
            case WeightPrecision.Half:
                return graph.Cast(graph.Gather(graph.Constant(table.Name, ToHalf(compact.Values), compact.Rows, table.Width), ids), ElementType.Float32);
            case WeightPrecision.Eight or WeightPrecision.Four when _options.Tables == WeightPrecision.Eight || table.Width % 2 == 1:
                var (codes, rowScales) = Quantization.Rows(compact.Values, table.Width);
                scales = graph.Gather(graph.Constant($"{table.Name}.scales", rowScales, compact.Rows), ids);
                return graph.Cast(graph.Gather(graph.Constant(table.Name, codes, compact.Rows, table.Width), ids), ElementType.Float32);
            case WeightPrecision.Four when table.Width % 2 == 0:
                var (packed, blockScales) = Quantization.Blocks(compact.Values, table.Width);
                return graph.GatherBlocks(
                    graph.PackedConstant(table.Name, packed, compact.Rows, table.Width), ids,
                    graph.Constant($"{table.Name}.scales", blockScales, compact.Rows, blockScales.Length / compact.Rows), Quantization.BlockSize);
            default:
                return graph.Gather(graph.Constant(table.Name, compact.Values, compact.Rows, table.Width), ids);
        }
    }
}
