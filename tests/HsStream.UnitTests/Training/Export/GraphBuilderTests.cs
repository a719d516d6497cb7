using HsStream.Training.Export;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace HsStream.UnitTests.Training.Export;

public sealed class GraphBuilderTests
{
    [Fact]
    public void Every_operator_computes_what_its_name_says()
    {
        var x = new[] { -1f, 2f, 3f, 4f, -5f, 6f };     // [2, 3]
        Assert.Equal([0f, 2f, 3f, 4f, 0f, 6f], Run(x, (g, v) => g.Relu(v)));
        Assert.Equal([-1f, 4f, 2f, -5f, 3f, 6f], Run(x, (g, v) => g.Transpose(v, 1, 0)));
        Assert.Equal([4f, 5f], Run(x, (g, v) => g.ReduceSum(v, 1)));
        Assert.Equal([3f, 6f], Run(x, (g, v) => g.ReduceMax(v, 1)));
        Assert.Equal([-1f, 1f, 4f, 4f, -1f, 5f], Run(x, (g, v) => g.CumulativeSum(v, 1)));
        Assert.Equal([2f, 3f, -5f, 6f], Run(x, (g, v) => g.Slice(v, 1, 1, 2)));
        Assert.Equal([-1f, 2f, 3f, -1f, 2f, 3f, 4f, -5f, 6f, 4f, -5f, 6f], Run(x, (g, v) => g.Concat(1, v, v)));
        Assert.Equal([0f, 1f, 1f, 1f, 0f, 1f], Run(x, (g, v) => g.Where(g.Greater(v, g.Scalar(0f)), g.Scalar(1f), g.Scalar(0f))));
        Assert.Equal([2f, 2f, 0f, 1f, 1f, 0f], Run(x, (g, v) => g.Cast(g.Modulo(g.Cast(v, ElementType.Int32), g.Scalar(3)), ElementType.Float32)));
        Assert.Equal([4f, 20f, -7f, 46f], Run(x, (g, v) => g.MatMul(v, g.Constant("m", [2f, 1f, 3f, 0f, 0f, 7f], 3, 2))));
        Assert.Equal([20f, 30f, 10f], Run([2f, 3f, 1f], (g, v) => g.Squeeze(g.Gather(g.Constant("t", [0f, 10f, 20f, 30f], 4, 1), g.Cast(v, ElementType.Int32)), 2)));
        Assert.Equal(1.0, Run([1f, 2f, 3f], (g, v) => g.Softmax(v)).Sum(), 6);
        Assert.Equal(0.8413447f, Run([1f, 0f, 0f], (g, v) => g.Gelu(v))[0], 6);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_when_the_graph_is_built()
    {
        var graph = new GraphBuilder();
        var a = graph.Input("a", ElementType.Float32, "N", 3);
        var b = graph.Input("b", ElementType.Float32, "N", 4);
        var ids = graph.Input("ids", ElementType.Int32, "N", "F");
        var e = Assert.Throws<ArgumentException>(() => graph.Add(a, b));
        Assert.Contains("Add does not take a Float32 [N, 3], b Float32 [N, 4]", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => graph.MatMul(a, b));
        Assert.Throws<ArgumentException>(() => graph.Add(a, ids));
        Assert.Throws<ArgumentException>(() => graph.Gather(a, b));
        Assert.Throws<ArgumentException>(() => graph.Reshape(a, "N", 4));
        Assert.Throws<ArgumentException>(() => graph.Squeeze(a, 1));
        Assert.Throws<ArgumentException>(() => graph.Concat(0, a, b));
        Assert.Throws<ArgumentException>(() => graph.Slice(a, 1, 2, 2));
        Assert.Throws<ArgumentException>(() => graph.Transpose(a, 0, 0));
        Assert.Throws<ArgumentException>(() => graph.Constant("c", [1f, 2f], 3));
        Assert.Throws<ArgumentException>(() => graph.Input("a", ElementType.Float32, "N", 5));
        Assert.Throws<ArgumentException>(() => new GraphBuilder().Relu(a));
        Assert.Throws<InvalidOperationException>(() => graph.ToModel("test"));
        Assert.Same(a, graph.Input("a", ElementType.Float32, "N", 3));
    }

    [Fact]
    public void The_shapes_told_are_those_that_the_runtime_finds()
    {
        var graph = new GraphBuilder();
        var x = graph.Input("x", ElementType.Float32, "N", 3, "T");
        var y = graph.Reshape(graph.Transpose(x, 0, 2, 1), "N", "T", 3, 1);
        Assert.Equal("[N, T, 3, 1]", y.Shape.ToString());
        graph.Output("y", graph.ReduceMax(y, 1));
        using var session = new InferenceSession(graph.ToModel("test"));
        Assert.Equal([-1, 3, 1], session.OutputMetadata["y"].Dimensions);
        using var input = OrtValue.CreateTensorValueFromMemory(new float[2 * 3 * 5], [2, 3, 5]);
        using var options = new RunOptions();
        using var results = session.Run(options, new Dictionary<string, OrtValue> { ["x"] = input }, ["y"]);
        Assert.Equal([2L, 3L, 1L], results[0].GetTensorTypeAndShape().Shape);
    }

    [Theory]
    [InlineData(0, new byte[] { 0x08, 0x00 })]
    [InlineData(300, new byte[] { 0x08, 0xac, 0x02 })]
    [InlineData(-1, new byte[] { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    public void Integers_are_written_as_the_wire_format_says(long value, byte[] expected)
    {
        var writer = new ProtoWriter();
        writer.Int64(1, value);
        Assert.Equal(expected, writer.ToArray());
    }

    private static float[] Run(float[] values, Func<GraphBuilder, GraphValue, GraphValue> make)
    {
        var graph = new GraphBuilder();
        graph.Output("y", make(graph, graph.Input("x", ElementType.Float32, "N", 3)));
        using var session = new InferenceSession(graph.ToModel("test"));
        using var input = OrtValue.CreateTensorValueFromMemory(values, [values.Length / 3, 3]);
        using var options = new RunOptions();
        using var results = session.Run(options, new Dictionary<string, OrtValue> { ["x"] = input }, ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
