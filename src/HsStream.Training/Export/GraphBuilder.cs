using System.Runtime.InteropServices;

namespace HsStream.Training.Export;

/// <summary>Builds an ONNX graph node by node, checks types and shapes on the way, and writes the file.</summary>
/// <remarks>
/// The operators lie in the other parts of this class. Everything that can be checked when the graph is built is an
/// <see cref="ArgumentException"/> that names the operator and the shapes. Names are given in order, so equal calls give equal bytes.
/// Not thread-safe.
/// </remarks>
public sealed partial class GraphBuilder
{
    /// <summary>Version of the operator set. 17 brought LayerNormalization; every ONNX Runtime since 1.12 knows it.</summary>
    public const int OperatorSet = 17;

    // 10 brought 4-bit integers.
    private const int FormatVersion = 8;
    private const int FormatVersionOfInt4 = 10;
    private const string RuntimeDomain = "com.microsoft";
    private readonly List<GraphValue> _inputs = [];
    private readonly List<GraphValue> _outputs = [];
    private readonly List<(GraphValue Value, byte[] Data)> _constants = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphValue> _values = [];
    private readonly Dictionary<string, GraphValue> _smallConstants = [];
    private int _named;

    /// <summary>Put before the names of all constants from now on, to tell the members of an ensemble apart.</summary>
    public string Scope { get; set; } = "";

    public IReadOnlyList<GraphValue> Inputs => _inputs;

    public IReadOnlyList<GraphValue> Outputs => _outputs;

    /// <summary>Bytes of all constants.</summary>
    public long WeightBytes => _constants.Sum(c => (long)c.Data.Length);

    /// <summary>Declares an input, or returns the one declared before under this name.</summary>
    /// <exception cref="ArgumentException">It was declared with another type or shape.</exception>
    public GraphValue Input(string name, ElementType type, params ReadOnlySpan<Axis> axes)
    {
        var shape = new TensorShape(axes);
        if (_values.TryGetValue(name, out var declared))
        {
            return declared.Type == type && declared.Shape.Equals(shape)
                ? declared
                : throw new ArgumentException($"{name} is {declared.Type} {declared.Shape} already, not {type} {shape}.");
        }

        var input = Declare(name, type, shape);
        _inputs.Add(input);
        return input;
    }

    /// <summary>Makes <paramref name="value"/> an output of the graph under <paramref name="name"/>.</summary>
    public void Output(string name, GraphValue value)
    {
        Known(value);
        var output = Declare(name, value.Type, value.Shape);
        _nodes.Add(new GraphNode("Identity", [value.Name], [name], []));
        _outputs.Add(output);
    }

    public GraphValue Constant(string name, ReadOnlySpan<float> data, params ReadOnlySpan<Axis> axes) => Constant(name, ElementType.Float32, data, axes);

    public GraphValue Constant(string name, ReadOnlySpan<Half> data, params ReadOnlySpan<Axis> axes) => Constant(name, ElementType.Float16, data, axes);

    public GraphValue Constant(string name, ReadOnlySpan<sbyte> data, params ReadOnlySpan<Axis> axes) => Constant(name, ElementType.Int8, data, axes);

    public GraphValue Constant(string name, ReadOnlySpan<int> data, params ReadOnlySpan<Axis> axes) => Constant(name, ElementType.Int32, data, axes);

    public GraphValue Constant(string name, ReadOnlySpan<long> data, params ReadOnlySpan<Axis> axes) => Constant(name, ElementType.Int64, data, axes);

    /// <summary>4-bit integers, two in a byte, the first in its lower half; the last axis has an even length.</summary>
    public GraphValue PackedConstant(string name, ReadOnlySpan<byte> data, params ReadOnlySpan<Axis> axes)
    {
        var shape = new TensorShape(axes);
        if (shape.Count != 2L * data.Length) { throw new ArgumentException($"{name}: expected {shape.Count / 2} bytes for {shape}, got {data.Length}."); }
        var value = Declare(Scope + name, ElementType.Int4, shape);
        _constants.Add((value, data.ToArray()));
        return value;
    }

    /// <summary>A number without axes; equal numbers share one constant.</summary>
    public GraphValue Scalar(float value) => Small($"f{BitConverter.SingleToInt32Bits(value):x8}", name => Constant(name, [value]));

    public GraphValue Scalar(int value) => Small($"i{value}", name => Constant(name, [value]));

    /// <summary>A list of numbers with one axis, as operators take shapes and axes; equal lists share one constant.</summary>
    public GraphValue Integers(params long[] values) => Small($"l{string.Join('_', values)}", name => Constant(name, values, values.Length));

    /// <summary>The file's bytes.</summary>
    /// <param name="producer">Name of the writer, for people.</param>
    /// <exception cref="InvalidOperationException">There is no output.</exception>
    public byte[] ToModel(string producer)
    {
        if (_outputs.Count == 0) { throw new InvalidOperationException("The graph has no output."); }
        var model = new ProtoWriter();
        model.Int64(1, _constants.Exists(c => c.Value.Type == ElementType.Int4) ? FormatVersionOfInt4 : FormatVersion);
        model.String(2, producer);
        model.Message(7, WriteGraph);
        model.Message(8, set => set.Int64(2, OperatorSet));
        if (_nodes.Exists(node => node.Domain == RuntimeDomain))
        {
            model.Message(8, set =>
            {
                set.String(1, RuntimeDomain);
                set.Int64(2, 1);
            });
        }

        return model.ToArray();
    }

    private void WriteGraph(ProtoWriter graph)
    {
        foreach (var node in _nodes) { graph.Message(1, node.Write); }
        graph.String(2, "hsstream");
        foreach (var (value, data) in _constants)
        {
            graph.Message(5, tensor =>
            {
                if (value.Shape.Rank > 0) { tensor.Packed(1, value.Shape.Axes.ToArray().Select(a => a.Length)); }
                tensor.Int64(2, (long)value.Type);
                tensor.String(8, value.Name);
                tensor.Bytes(9, data);
            });
        }

        foreach (var input in _inputs) { graph.Message(11, info => WriteInfo(info, input)); }
        foreach (var output in _outputs) { graph.Message(12, info => WriteInfo(info, output)); }
    }

    private static void WriteInfo(ProtoWriter info, GraphValue value)
    {
        info.String(1, value.Name);
        info.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Int64(1, (long)value.Type);
            tensor.Message(2, shape =>
            {
                foreach (var axis in value.Shape.Axes.ToArray())
                {
                    shape.Message(1, dimension =>
                    {
                        if (axis.Name is { } name) { dimension.String(2, name); }
                        else { dimension.Int64(1, axis.Length); }
                    });
                }
            });
        }));
    }

    private GraphValue Constant<T>(string name, ElementType type, ReadOnlySpan<T> data, ReadOnlySpan<Axis> axes)
        where T : unmanaged
    {
        var shape = new TensorShape(axes);
        if (shape.Count != data.Length) { throw new ArgumentException($"{name}: expected {shape.Count} values for {shape}, got {data.Length}."); }
        var value = Declare(Scope + name, type, shape);
        _constants.Add((value, MemoryMarshal.AsBytes(data).ToArray()));
        return value;
    }

    private GraphValue Small(string key, Func<string, GraphValue> make)
    {
        if (!_smallConstants.TryGetValue(key, out var value))
        {
            value = make($"constant_{_smallConstants.Count}_{key.Replace('-', 'm')}");
            _smallConstants.Add(key, value);
        }

        return value;
    }

    private GraphValue Declare(string name, ElementType type, TensorShape shape)
    {
        var value = new GraphValue(name, type, shape);
        return _values.TryAdd(name, value) ? value : throw new ArgumentException($"The graph has a value named {name} already.");
    }

    private void Known(params ReadOnlySpan<GraphValue> values)
    {
        foreach (var value in values)
        {
            if (!_values.TryGetValue(value.Name, out var known) || known != value)
            {
                throw new ArgumentException($"{value.Name} is no value of this graph.");
            }
        }
    }

    private GraphValue Node(string type, ReadOnlySpan<GraphValue?> inputs, ElementType resultType, TensorShape resultShape, params GraphAttribute[] attributes) =>
        Node(type, inputs, [(resultType, resultShape)], attributes)[0];

    private GraphValue[] Node(string type, ReadOnlySpan<GraphValue?> inputs, (ElementType Type, TensorShape Shape)[] results, params GraphAttribute[] attributes)
    {
        foreach (var input in inputs)
        {
            if (input is not null) { Known(input); }
        }

        // An empty name stands for an input that is left out.
        var names = inputs.ToArray().Select(input => input?.Name ?? "").ToArray();
        var outputs = results.Select(result => Declare($"{type}_{_named++}", result.Type, result.Shape)).ToArray();
        _nodes.Add(new GraphNode(type, names, [.. outputs.Select(o => o.Name)], attributes));
        return outputs;
    }
}
