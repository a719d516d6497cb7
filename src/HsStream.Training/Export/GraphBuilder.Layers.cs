namespace HsStream.Training.Export;

/// <summary>Operators that are whole layers.</summary>
public sealed partial class GraphBuilder
{
    /// <summary>Normalises over the last axis.</summary>
    public GraphValue LayerNormalization(GraphValue value, GraphValue scale, GraphValue bias, float epsilon)
    {
        var width = new TensorShape(value.Shape[^1]);
        Require(scale.Shape.Equals(width) && bias.Shape.Equals(width), "LayerNormalization", value, scale, bias);
        return Node("LayerNormalization", [value, scale, bias], value.Type, value.Shape,
            new GraphAttribute("axis", -1L), new GraphAttribute("epsilon", epsilon));
    }

    /// <summary>Rows of a table of 4-bit integers times the scales of their blocks: [rows, width] by ids [a, b] gives float32 [a, b, width].</summary>
    /// <param name="scales">[rows, blocks of a row].</param>
    /// <param name="block">Numbers that share a scale: a power of two, at least 16.</param>
    /// <remarks>An operator of ONNX Runtime, not of ONNX.</remarks>
    public GraphValue GatherBlocks(GraphValue table, GraphValue ids, GraphValue scales, int block)
    {
        Require(
            table.Type == ElementType.Int4 && table.Shape.Rank == 2 && ids.Type is ElementType.Int32 or ElementType.Int64
            && scales.Shape.Equals(new TensorShape(table.Shape[0], (table.Shape[1].Length + block - 1) / block)), "GatherBlockQuantized", table, ids, scales);
        var result = Declare($"GatherBlockQuantized_{_named++}", ElementType.Float32, ids.Shape.Append(table.Shape[1]));
        Known(table, ids, scales);
        _nodes.Add(new GraphNode(
            "GatherBlockQuantized", [table.Name, ids.Name, scales.Name], [result.Name],
            [new GraphAttribute("block_size", (long)block), new GraphAttribute("gather_axis", 0L), new GraphAttribute("quantize_axis", 1L)], RuntimeDomain));
        return result;
    }

    /// <summary>One-dimensional convolution: [N, in, T] with weights [out, in, k] gives [N, out, T] when padding adds up to k - 1.</summary>
    /// <param name="before">Zeros put before the first position.</param>
    /// <param name="after">Zeros put after the last one.</param>
    public GraphValue Convolution(GraphValue value, GraphValue weights, GraphValue bias, int before, int after)
    {
        Require(value.Shape.Rank == 3 && weights.Shape.Rank == 3 && weights.Shape[1] == value.Shape[1]
            && bias.Shape.Equals(new TensorShape(weights.Shape[0])) && before + after + 1 == weights.Shape[2].Length, "Conv", value, weights, bias);
        return Node("Conv", [value, weights, bias], value.Type, value.Shape.With(1, weights.Shape[0]),
            new GraphAttribute("kernel_shape", new[] { weights.Shape[2].Length }), new GraphAttribute("pads", new long[] { before, after }));
    }

    /// <summary>Long short-term memory over [T, N, in]; gates in the order input, output, forget, cell.</summary>
    /// <param name="lengths">int32 [N]: steps of each row that count, at least 1. What comes after gives 0.</param>
    /// <returns>[T, directions, N, hidden]; the second direction runs backward from each row's own end.</returns>
    public GraphValue Lstm(GraphValue sequence, GraphValue weights, GraphValue recurrence, GraphValue bias, GraphValue lengths) =>
        Recurrent("LSTM", 4, sequence, weights, recurrence, bias, lengths, []);

    /// <summary>Gated recurrent unit over [T, N, in]; gates in the order update, reset, hidden; the reset gate acts after the product.</summary>
    /// <inheritdoc cref="Lstm"/>
    public GraphValue Gru(GraphValue sequence, GraphValue weights, GraphValue recurrence, GraphValue bias, GraphValue lengths) =>
        Recurrent("GRU", 3, sequence, weights, recurrence, bias, lengths, [new GraphAttribute("linear_before_reset", 1L)]);

    private GraphValue Recurrent(
        string type, int gates, GraphValue sequence, GraphValue weights, GraphValue recurrence, GraphValue bias, GraphValue lengths, GraphAttribute[] attributes)
    {
        var directions = weights.Shape[0].Length;
        var hidden = recurrence.Shape[2].Length;
        Require(
            directions is 1 or 2 && sequence.Shape.Rank == 3
            && weights.Shape.Equals(new TensorShape(directions, gates * hidden, sequence.Shape[2]))
            && recurrence.Shape.Equals(new TensorShape(directions, gates * hidden, hidden))
            && bias.Shape.Equals(new TensorShape(directions, 2 * gates * hidden))
            && lengths.Type == ElementType.Int32 && lengths.Shape.Equals(new TensorShape(sequence.Shape[1])),
            type, sequence, weights, recurrence, bias, lengths);
        var shape = new TensorShape(sequence.Shape[0], directions, sequence.Shape[1], hidden);
        return Node(type, [sequence, weights, recurrence, bias, lengths], sequence.Type, shape,
            [new GraphAttribute("hidden_size", hidden), new GraphAttribute("direction", directions == 2 ? "bidirectional" : "forward"), .. attributes]);
    }
}
