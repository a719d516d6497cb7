using HsStream.Training.Export;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>An affine map over the last axis.</summary>
internal sealed class DenseLayer
{
    private readonly string _name;
    private readonly torch.Tensor _weights;
    private readonly torch.Tensor? _bias;

    /// <param name="gain">First weights have variance gain² / inputs; 0 starts at zero.</param>
    public DenseLayer(DenseParameters parameters, string name, long inputs, long outputs, double gain = 1, bool hasBias = true)
    {
        _name = name;
        _weights = parameters.Create($"{name}.weights", gain / Math.Sqrt(inputs), decays: true, outputs, inputs);
        _bias = hasBias ? parameters.Create($"{name}.bias", 0, decays: false, outputs) : null;
    }

    public torch.Tensor Forward(torch.Tensor value) => torch.nn.functional.linear(value, _weights, _bias);

    public GraphValue Export(GraphBuilder graph, WeightWriter weights, GraphValue value) =>
        Export(graph, weights, _name, value, Read(_weights), _bias is null ? null : Read(_bias), (int)_weights.shape[0]);

    /// <summary>Writes value x matrixᵀ + bias; the matrix is [outputs, inputs], row by row.</summary>
    public static GraphValue Export(GraphBuilder graph, WeightWriter weights, string name, GraphValue value, float[] matrix, float[]? bias, int outputs)
    {
        var inputs = matrix.Length / outputs;
        var transposed = new float[matrix.Length];
        for (var o = 0; o < outputs; o++)
        {
            for (var i = 0; i < inputs; i++) { transposed[(i * outputs) + o] = matrix[(o * inputs) + i]; }
        }

        var product = graph.MatMul(value, weights.Matrix(graph, $"{name}.weights", transposed, inputs, outputs));
        return bias is null ? product : graph.Add(product, graph.Constant($"{name}.bias", bias, outputs));
    }

    public float[] Weights() => Read(_weights);

    public float[] Bias() => Read(_bias!);

    private static float[] Read(torch.Tensor value) => new DenseParameter("", value, false).ToArray();
}
