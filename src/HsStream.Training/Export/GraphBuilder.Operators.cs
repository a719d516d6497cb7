namespace HsStream.Training.Export;

/// <summary>Elementwise, shaping and reducing operators.</summary>
public sealed partial class GraphBuilder
{
    public GraphValue Add(GraphValue left, GraphValue right) => Elementwise("Add", left, right);

    public GraphValue Subtract(GraphValue left, GraphValue right) => Elementwise("Sub", left, right);

    public GraphValue Multiply(GraphValue left, GraphValue right) => Elementwise("Mul", left, right);

    public GraphValue Divide(GraphValue left, GraphValue right) => Elementwise("Div", left, right);

    public GraphValue Maximum(GraphValue left, GraphValue right) => Elementwise("Max", left, right);

    public GraphValue Minimum(GraphValue left, GraphValue right) => Elementwise("Min", left, right);

    /// <summary>Of integers; the result has the sign of <paramref name="right"/>.</summary>
    public GraphValue Modulo(GraphValue left, GraphValue right) => Elementwise("Mod", left, right);

    public GraphValue Greater(GraphValue left, GraphValue right) => Elementwise("Greater", left, right, ElementType.Bool);

    public GraphValue Relu(GraphValue value) => Unary("Relu", value);

    public GraphValue Sqrt(GraphValue value) => Unary("Sqrt", value);

    public GraphValue Exp(GraphValue value) => Unary("Exp", value);

    public GraphValue Log(GraphValue value) => Unary("Log", value);

    public GraphValue Erf(GraphValue value) => Unary("Erf", value);

    /// <summary>The exact Gauss error form, x * (1 + erf(x / sqrt 2)) / 2; a node of its own came only with operator set 20.</summary>
    public GraphValue Gelu(GraphValue value) =>
        Multiply(Multiply(value, Scalar(0.5f)), Add(Erf(Multiply(value, Scalar(0.70710678f))), Scalar(1f)));

    public GraphValue Cast(GraphValue value, ElementType type) =>
        value.Type == type ? value : Node("Cast", [value], type, value.Shape, new GraphAttribute("to", (long)type));

    /// <summary><paramref name="whenTrue"/> or <paramref name="whenFalse"/>, element by element.</summary>
    public GraphValue Where(GraphValue condition, GraphValue whenTrue, GraphValue whenFalse)
    {
        Require(condition.Type == ElementType.Bool && whenTrue.Type == whenFalse.Type, "Where", condition, whenTrue, whenFalse);
        var values = TensorShape.Broadcast(whenTrue.Shape, whenFalse.Shape);
        var shape = values is null ? null : TensorShape.Broadcast(condition.Shape, values);
        Require(shape is not null, "Where", condition, whenTrue, whenFalse);
        return Node("Where", [condition, whenTrue, whenFalse], whenTrue.Type, shape!);
    }

    /// <summary>Rows of a table: [rows, ...] by ids [a, b] gives [a, b, ...].</summary>
    public GraphValue Gather(GraphValue table, GraphValue ids)
    {
        Require(table.Shape.Rank >= 1 && ids.Type is ElementType.Int32 or ElementType.Int64, "Gather", table, ids);
        return Node("Gather", [table, ids], table.Type, ids.Shape.Append(table.Shape.Axes[1..]), new GraphAttribute("axis", 0L));
    }

    /// <summary>Matrix product over the last two axes; axes before them are broadcast.</summary>
    public GraphValue MatMul(GraphValue left, GraphValue right)
    {
        Require(left.Shape.Rank >= 2 && right.Shape.Rank >= 2 && left.Type == right.Type && left.Shape[^1] == right.Shape[^2], "MatMul", left, right);
        var batch = TensorShape.Broadcast(new TensorShape(left.Shape.Axes[..^2]), new TensorShape(right.Shape.Axes[..^2]));
        Require(batch is not null, "MatMul", left, right);
        return Node("MatMul", [left, right], left.Type, batch!.Append(left.Shape[^2], right.Shape[^1]));
    }

    public GraphValue Transpose(GraphValue value, params int[] order)
    {
        Require(order.Order().SequenceEqual(Enumerable.Range(0, value.Shape.Rank)), "Transpose", value);
        var shape = new TensorShape([.. order.Select(axis => value.Shape[axis])]);
        return Node("Transpose", [value], value.Type, shape, new GraphAttribute("perm", order.Select(axis => (long)axis).ToArray()));
    }

    /// <summary>Gives the same elements another shape. At most one axis may be known only at run time beyond those kept in place.</summary>
    public GraphValue Reshape(GraphValue value, params ReadOnlySpan<Axis> axes)
    {
        // 0 keeps the axis of the same number, -1 takes what is left.
        var target = new long[axes.Length];
        for (var i = 0; i < axes.Length; i++)
        {
            target[i] = axes[i].IsKnown ? axes[i].Length : i < value.Shape.Rank && value.Shape[i] == axes[i] ? 0 : -1;
        }

        var shape = new TensorShape(axes);
        Require(target.Count(length => length == -1) <= 1 && SameSize(value.Shape, shape), $"Reshape to {shape}", value);
        return Node("Reshape", [value, Integers(target)], value.Type, shape);
    }

    /// <summary>Inserts an axis of length 1 so that it has number <paramref name="axis"/>.</summary>
    public GraphValue Unsqueeze(GraphValue value, int axis)
    {
        Require(axis >= 0 && axis <= value.Shape.Rank, "Unsqueeze", value);
        var shape = new TensorShape([.. value.Shape.Axes[..axis], 1, .. value.Shape.Axes[axis..]]);
        return Node("Unsqueeze", [value, Integers(axis)], value.Type, shape);
    }

    /// <summary>Takes away an axis of length 1.</summary>
    public GraphValue Squeeze(GraphValue value, int axis)
    {
        Require(axis >= 0 && axis < value.Shape.Rank && value.Shape[axis] == 1, "Squeeze", value);
        return Node("Squeeze", [value, Integers(axis)], value.Type, value.Shape.Without(axis));
    }

    /// <summary>Joins values along an axis whose lengths are known.</summary>
    public GraphValue Concat(int axis, params GraphValue[] values)
    {
        Require(values.Length > 0 && axis >= 0 && axis < values[0].Shape.Rank, "Concat", values);
        var length = 0L;
        foreach (var value in values)
        {
            Require(value.Type == values[0].Type && value.Shape.Rank == values[0].Shape.Rank && value.Shape[axis].IsKnown
                && value.Shape.With(axis, 0).Equals(values[0].Shape.With(axis, 0)), "Concat", values);
            length += value.Shape[axis].Length;
        }

        return values.Length == 1 ? values[0] : Node("Concat", values, values[0].Type, values[0].Shape.With(axis, length), new GraphAttribute("axis", (long)axis));
    }

    /// <summary>Elements [<paramref name="start"/>, <paramref name="start"/> + <paramref name="length"/>) of an axis.</summary>
    public GraphValue Slice(GraphValue value, int axis, long start, Axis length)
    {
        Require(axis >= 0 && axis < value.Shape.Rank && start >= 0 && length.IsKnown
            && (!value.Shape[axis].IsKnown || start + length.Length <= value.Shape[axis].Length), "Slice", value);
        return Node("Slice", [value, Integers(start), Integers(start + length.Length), Integers(axis)], value.Type, value.Shape.With(axis, length));
    }

    /// <summary>Each element plus all before it along an axis.</summary>
    public GraphValue CumulativeSum(GraphValue value, int axis)
    {
        Require(axis >= 0 && axis < value.Shape.Rank, "CumSum", value);
        return Node("CumSum", [value, Scalar(axis)], value.Type, value.Shape);
    }

    public GraphValue ReduceSum(GraphValue value, int axis, bool keepAxis = false)
    {
        Require(axis >= 0 && axis < value.Shape.Rank, "ReduceSum", value);
        return Node("ReduceSum", [value, Integers(axis)], value.Type, Reduced(value.Shape, axis, keepAxis), new GraphAttribute("keepdims", keepAxis ? 1L : 0L));
    }

    public GraphValue ReduceMax(GraphValue value, int axis, bool keepAxis = false)
    {
        Require(axis >= 0 && axis < value.Shape.Rank, "ReduceMax", value);
        return Node("ReduceMax", [value], value.Type, Reduced(value.Shape, axis, keepAxis),
            new GraphAttribute("axes", new[] { (long)axis }), new GraphAttribute("keepdims", keepAxis ? 1L : 0L));
    }

    /// <summary>Over the last axis.</summary>
    public GraphValue Softmax(GraphValue value) => Node("Softmax", [value], value.Type, value.Shape, new GraphAttribute("axis", -1L));

    /// <summary>Over the last axis.</summary>
    public GraphValue LogSoftmax(GraphValue value) => Node("LogSoftmax", [value], value.Type, value.Shape, new GraphAttribute("axis", -1L));

    private static TensorShape Reduced(TensorShape shape, int axis, bool keepAxis) => keepAxis ? shape.With(axis, 1) : shape.Without(axis);

    private static bool SameSize(TensorShape from, TensorShape to)
    {
        static (long Known, string Named) Size(TensorShape shape) => (
            shape.Axes.ToArray().Where(a => a.IsKnown).Aggregate(1L, (product, axis) => product * axis.Length),
            string.Join(' ', shape.Axes.ToArray().Where(a => !a.IsKnown).Select(a => a.Name).Order(StringComparer.Ordinal)));
        return Size(from) == Size(to);
    }

    private static void Require(bool holds, string what, params ReadOnlySpan<GraphValue> values)
    {
        if (holds) { return; }
        var list = string.Join(", ", values.ToArray().Select(v => $"{v.Name} {v.Type} {v.Shape}"));
        throw new ArgumentException($"{what} does not take {list}.");
    }

    private GraphValue Unary(string type, GraphValue value) => Node(type, [value], value.Type, value.Shape);

    private GraphValue Elementwise(string type, GraphValue left, GraphValue right, ElementType? result = null)
    {
        var shape = TensorShape.Broadcast(left.Shape, right.Shape);
        Require(left.Type == right.Type && shape is not null, type, left, right);
        return Node(type, [left, right], result ?? left.Type, shape!);
    }
}
