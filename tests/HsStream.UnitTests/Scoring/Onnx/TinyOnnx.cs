using System.Runtime.InteropServices;
using System.Text;

namespace HsStream.UnitTests.Scoring.Onnx;

/// <summary>Writes small ONNX graphs byte by byte, so that the tests of serving need no training.</summary>
/// <remarks>Field numbers from onnx.proto.</remarks>
internal sealed class TinyOnnx
{
    public const int Float = 1;
    public const int Int32 = 6;
    private const int Int64 = 7;

    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _initializers = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];

    public TinyOnnx Input(string name, int type)
    {
        _inputs.Add(Value(name, type, null));
        return this;
    }

    /// <param name="width">Second dimension; null for any.</param>
    public TinyOnnx Output(string name, int? width, int type = Float)
    {
        _outputs.Add(Value(name, type, width));
        return this;
    }

    public TinyOnnx Weights(string name, float[] values, params long[] shape) => Tensor(name, Float, MemoryMarshal.AsBytes<float>(values), shape);

    public TinyOnnx Axes(string name, params long[] axes) => Tensor(name, Int64, MemoryMarshal.AsBytes<long>(axes), axes.Length);

    public TinyOnnx Node(string op, string output, string[] inputs, params (string Name, long Value)[] attributes)
    {
        byte[] node = [.. inputs.SelectMany(input => Field(1, input)), .. Field(2, output), .. Field(4, op)];
        foreach (var (name, value) in attributes)
        {
            node = [.. node, .. Field(5, [.. Field(1, name), .. Field(3, value), .. Field(20, 2)])];
        }

        _nodes.Add(node);
        return this;
    }

    public byte[] Build()
    {
        byte[] graph =
        [
            .. _nodes.SelectMany(node => Field(1, node)), .. Field(2, "tiny"), .. _initializers.SelectMany(tensor => Field(5, tensor)),
            .. _inputs.SelectMany(input => Field(11, input)), .. _outputs.SelectMany(output => Field(12, output)),
        ];
        return [.. Field(1, 8), .. Field(7, graph), .. Field(8, [.. Field(1, ""), .. Field(2, 17)])];
    }

    private static byte[] Value(string name, int type, int? width)
    {
        byte[] rows = Field(2, "N");
        byte[] second = width is null ? Field(2, name + "_width") : Field(1, width.Value);
        byte[] shape = [.. Field(1, rows), .. Field(1, second)];
        return [.. Field(1, name), .. Field(2, Field(1, [.. Field(1, type), .. Field(2, shape)]))];
    }

    private TinyOnnx Tensor(string name, int type, ReadOnlySpan<byte> values, params long[] shape)
    {
        _initializers.Add([.. shape.SelectMany(size => Field(1, size)), .. Field(2, type), .. Field(8, name), .. Field(9, values.ToArray())]);
        return this;
    }

    private static byte[] Field(int number, long value) => [.. Varint((ulong)number << 3), .. Varint((ulong)value)];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] bytes) => [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)bytes.Length), .. bytes];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
