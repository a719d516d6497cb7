using HsStream.Training.Export;
using TorchSharp;

namespace HsStream.Training.Networks.Channels;

internal sealed class ConvolutionChannel : IChannel
{
    private readonly ConvolutionChannelDefinition _definition;
    private readonly string _name;
    private readonly List<(int Kernel, torch.Tensor Weights, torch.Tensor Bias)> _filters = [];

    public ConvolutionChannel(ConvolutionChannelDefinition definition, NetworkInputs inputs, DenseParameters parameters, string name, SeededRandom random)
    {
        _definition = definition;
        _name = name;
        Table = new EmbeddingTable($"{name}.table", IdSource.Tokens, inputs.TokenIds, definition.Width, 0.5f, random);
        foreach (var kernel in definition.Kernels)
        {
            var deviation = Math.Sqrt(2.0 / (kernel * definition.Width));
            _filters.Add((
                kernel,
                parameters.Create($"{name}.filters{kernel}", deviation, decays: true, definition.Filters, definition.Width, kernel),
                parameters.Create($"{name}.bias{kernel}", 0, decays: false, definition.Filters)));
        }
    }

    public EmbeddingTable Table { get; }

    public int Width => _definition.Filters * _definition.Kernels.Count;

    public torch.Tensor Forward(ForwardPass pass)
    {
        // [N, T, width] -> [N, width, T]; padding is zero there, like the zeros that the convolution puts around it.
        var tokens = pass.Dropout(pass.Tokens(Table), _definition.Dropout).transpose(1, 2);
        var pooled = new List<torch.Tensor>();
        foreach (var (kernel, weights, bias) in _filters)
        {
            // [N, width, T + kernel - 1] -> [N, filters, T]
            var padded = torch.nn.functional.pad(tokens, [(kernel - 1) / 2, kernel / 2]);
            var found = torch.nn.functional.conv1d(padded, weights, bias);
            pooled.Add(torch.nn.functional.relu(TokenValidity.Maximum(found.transpose(1, 2), pass)));
        }

        return torch.cat(pooled, 1);
    }

    public GraphValue Export(GraphBuilder graph, WeightWriter weights)
    {
        var ids = GraphInputs.Tokens(graph);
        var tokens = graph.Transpose(weights.LookUp(graph, Table, ids), 0, 2, 1);
        var pooled = new List<GraphValue>();
        foreach (var (kernel, filters, bias) in _filters)
        {
            var matrix = weights.Matrix(
                graph, $"{_name}.filters{kernel}", new DenseParameter("", filters, false).ToArray(), _definition.Filters, _definition.Width * kernel,
                scaleRows: true);
            var shaped = graph.Reshape(matrix, _definition.Filters, _definition.Width, kernel);
            var biases = graph.Constant($"{_name}.bias{kernel}", new DenseParameter("", bias, false).ToArray(), _definition.Filters);
            var found = graph.Convolution(tokens, shaped, biases, (kernel - 1) / 2, kernel / 2);
            pooled.Add(graph.Relu(TokenValidity.Maximum(graph, graph.Transpose(found, 0, 2, 1), ids)));
        }

        return graph.Concat(1, [.. pooled]);
    }

    public void Dispose()
    {
    }
}
