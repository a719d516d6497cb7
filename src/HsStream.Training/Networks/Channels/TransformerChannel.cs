using HsStream.Training.Export;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Networks.Channels;

internal sealed class TransformerChannel : IChannel
{
    private const float Epsilon = 1e-5f;

    private readonly TransformerChannelDefinition _definition;
    private readonly NetworkInputs _inputs;
    private readonly string _name;
    private readonly torch.Tensor _positions;
    private readonly List<Layer> _layers = [];
    private readonly Normalization _last;

    public TransformerChannel(TransformerChannelDefinition definition, NetworkInputs inputs, DenseParameters parameters, string name, SeededRandom random)
    {
        _definition = definition;
        _inputs = inputs;
        _name = name;
        Table = new EmbeddingTable($"{name}.table", IdSource.Tokens, inputs.TokenIds, definition.Width, 0.5f, random);
        // Position 0 belongs to padding; the first token has position 1.
        _positions = parameters.Create($"{name}.positions", 0.1, decays: false, inputs.MaxTokens + 1, definition.Width);
        for (var i = 0; i < definition.Layers; i++) { _layers.Add(new Layer(definition, parameters, $"{name}.layer{i}")); }
        _last = new Normalization(parameters, $"{name}.last", definition.Width);
    }

    public EmbeddingTable Table { get; }

    public int Width => _definition.Width;

    public torch.Tensor Forward(ForwardPass pass)
    {
        // [N, T] -> [N, T, width]
        var places = pass.Valid.cumsum(1).clamp(TensorMath.Number(0), TensorMath.Number(_inputs.MaxTokens)).mul(pass.Valid).to(torch.int64);
        var value = pass.Tokens(Table).Plus(_positions.index_select(0, places.flatten()).reshape(pass.Batch.Rows, pass.Batch.TokenWidth, Width));
        value = pass.Dropout(value, _definition.Dropout);
        // [N, 1, 1, T]: so low at padding that its share of the attention is 0.
        var mask = pass.Valid.Plus(-1).Times(1e9).unsqueeze(1).unsqueeze(1);
        foreach (var layer in _layers) { value = layer.Forward(value, mask, pass); }

        // Mean over the tokens; a text without tokens gives zeros.
        var sum = (_last.Forward(value) * pass.Valid.unsqueeze(2)).sum(1);
        return sum / pass.Lengths.clamp_min(TensorMath.Number(1)).unsqueeze(1);
    }

    public GraphValue Export(GraphBuilder graph, WeightWriter weights)
    {
        var ids = GraphInputs.Tokens(graph);
        var valid = TokenValidity.Valid(graph, ids);
        var places = graph.Multiply(graph.Minimum(graph.CumulativeSum(valid, 1), graph.Scalar((float)_inputs.MaxTokens)), valid);
        var positions = graph.Constant($"{_name}.positions", new DenseParameter("", _positions, false).ToArray(), _inputs.MaxTokens + 1, Width);
        var value = graph.Add(weights.LookUp(graph, Table, ids), graph.Gather(positions, graph.Cast(places, ElementType.Int32)));
        var mask = graph.Unsqueeze(graph.Unsqueeze(graph.Multiply(graph.Subtract(valid, graph.Scalar(1f)), graph.Scalar(1e9f)), 1), 1);
        foreach (var layer in _layers) { value = layer.Export(graph, weights, value, mask); }

        var sum = graph.ReduceSum(graph.Multiply(_last.Export(graph, value), graph.Unsqueeze(valid, 2)), 1);
        return graph.Divide(sum, graph.Maximum(graph.ReduceSum(valid, 1, keepAxis: true), graph.Scalar(1f)));
    }

    public void Dispose()
    {
    }

    private sealed class Normalization(DenseParameters parameters, string name, int width)
    {
        private readonly torch.Tensor _scale = parameters.CreateFilled($"{name}.scale", 1, width);
        private readonly torch.Tensor _bias = parameters.CreateFilled($"{name}.bias", 0, width);

        public torch.Tensor Forward(torch.Tensor value) => torch.nn.functional.layer_norm(value, [width], _scale, _bias, Epsilon);

        public GraphValue Export(GraphBuilder graph, GraphValue value) => graph.LayerNormalization(
            value,
            graph.Constant($"{name}.scale", new DenseParameter("", _scale, false).ToArray(), width),
            graph.Constant($"{name}.bias", new DenseParameter("", _bias, false).ToArray(), width),
            Epsilon);
    }

    private sealed class Layer(TransformerChannelDefinition definition, DenseParameters parameters, string name)
    {
        private readonly Normalization _beforeAttention = new(parameters, $"{name}.before_attention", definition.Width);
        private readonly DenseLayer _queries = new(parameters, $"{name}.queries", definition.Width, definition.Width);
        private readonly DenseLayer _keys = new(parameters, $"{name}.keys", definition.Width, definition.Width);
        private readonly DenseLayer _values = new(parameters, $"{name}.values", definition.Width, definition.Width);
        private readonly DenseLayer _join = new(parameters, $"{name}.join", definition.Width, definition.Width);
        private readonly Normalization _beforeFeedForward = new(parameters, $"{name}.before_feed_forward", definition.Width);
        private readonly DenseLayer _widen = new(parameters, $"{name}.widen", definition.Width, definition.FeedForward);
        private readonly DenseLayer _narrow = new(parameters, $"{name}.narrow", definition.FeedForward, definition.Width);
        private readonly int _headWidth = definition.Width / definition.Heads;

        private float Scale => 1 / MathF.Sqrt(_headWidth);

        public torch.Tensor Forward(torch.Tensor value, torch.Tensor mask, ForwardPass pass)
        {
            var (rows, steps) = (pass.Batch.Rows, pass.Batch.TokenWidth);
            torch.Tensor Split(torch.Tensor all) => all.reshape(rows, steps, definition.Heads, _headWidth).transpose(1, 2);

            // Heads apart: [N, heads, T, T] of attention over [N, heads, T, head width].
            var read = _beforeAttention.Forward(value);
            var scores = Split(_queries.Forward(read)).Times(Scale).matmul(Split(_keys.Forward(read)).transpose(2, 3)).Plus(mask);
            var mixed = torch.nn.functional.softmax(scores, -1).matmul(Split(_values.Forward(read)));
            var joined = mixed.transpose(1, 2).reshape(rows, steps, definition.Width);
            value = value.Plus(pass.Dropout(_join.Forward(joined), definition.Dropout));

            var wide = torch.nn.functional.gelu(_widen.Forward(_beforeFeedForward.Forward(value)));
            return value.Plus(pass.Dropout(_narrow.Forward(wide), definition.Dropout));
        }

        public GraphValue Export(GraphBuilder graph, WeightWriter weights, GraphValue value, GraphValue mask)
        {
            GraphValue Split(GraphValue all) => graph.Transpose(graph.Reshape(all, GraphInputs.Rows, GraphInputs.Steps, definition.Heads, _headWidth), 0, 2, 1, 3);

            var read = _beforeAttention.Export(graph, value);
            var queries = graph.Multiply(Split(_queries.Export(graph, weights, read)), graph.Scalar(Scale));
            var keys = graph.Transpose(Split(_keys.Export(graph, weights, read)), 0, 1, 3, 2);
            var attention = graph.Softmax(graph.Add(graph.MatMul(queries, keys), mask));
            var mixed = graph.MatMul(attention, Split(_values.Export(graph, weights, read)));
            var joined = graph.Reshape(graph.Transpose(mixed, 0, 2, 1, 3), GraphInputs.Rows, GraphInputs.Steps, definition.Width);
            value = graph.Add(value, _join.Export(graph, weights, joined));

            var wide = graph.Gelu(_widen.Export(graph, weights, _beforeFeedForward.Export(graph, value)));
            return graph.Add(value, _narrow.Export(graph, weights, wide));
        }
    }
}
