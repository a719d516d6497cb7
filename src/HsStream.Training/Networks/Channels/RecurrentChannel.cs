using HsStream.Training.Export;
using TorchSharp;

namespace HsStream.Training.Networks.Channels;

internal sealed class RecurrentChannel : IChannel
{
    // Order in which ONNX wants the gates, as positions in libtorch's order: input, forget, cell, output; reset, update, new.
    private static readonly int[] LstmGates = [0, 3, 1, 2];
    private static readonly int[] GruGates = [1, 0, 2];

    private readonly RecurrentChannelDefinition _definition;
    private readonly string _name;
    private readonly List<Direction> _directions = [];

    public RecurrentChannel(RecurrentChannelDefinition definition, NetworkInputs inputs, DenseParameters parameters, string name, SeededRandom random)
    {
        _definition = definition;
        _name = name;
        Table = new EmbeddingTable($"{name}.table", IdSource.Tokens, inputs.TokenIds, definition.Width, 0.5f, random);
        _directions.Add(new Direction(definition, parameters, $"{name}.forward"));
        if (definition.Bidirectional) { _directions.Add(new Direction(definition, parameters, $"{name}.backward")); }
    }

    public EmbeddingTable Table { get; }

    public int Width => _definition.Hidden * _directions.Count;

    public torch.Tensor Forward(ForwardPass pass)
    {
        // [N, T, width] -> [N, T, hidden], states past a text's end being left out of the maximum.
        var tokens = pass.Dropout(pass.Tokens(Table), _definition.Dropout);
        var pooled = new List<torch.Tensor> { TokenValidity.Maximum(_directions[0].Forward(tokens), pass) };
        if (_definition.Bidirectional)
        {
            // Each row from its own end; its states then lie in the first places too, which is all that a maximum asks.
            pooled.Add(TokenValidity.Maximum(_directions[1].Forward(Reverse(tokens, pass)), pass));
        }

        return torch.cat(pooled, 1);
    }

    public GraphValue Export(GraphBuilder graph, WeightWriter weights)
    {
        var ids = GraphInputs.Tokens(graph);
        var tokens = graph.Transpose(weights.LookUp(graph, Table, ids), 1, 0, 2);
        // A length of 0 is not allowed; such a row's result is replaced by zeros below.
        var lengths = graph.Cast(graph.Maximum(graph.ReduceSum(TokenValidity.Valid(graph, ids), 1), graph.Scalar(1f)), ElementType.Int32);
        var (count, hidden, width) = (_directions.Count, _definition.Hidden, _definition.Width);
        var gates = _definition.Cell == RecurrentCell.Lstm ? LstmGates : GruGates;
        var input = Join(graph, weights, "input", gates, d => d.InputWeights, width);
        var recurrence = Join(graph, weights, "recurrence", gates, d => d.StateWeights, hidden);
        var bias = graph.Constant(
            $"{_name}.bias", _directions.SelectMany(d => (float[])[.. Reorder(d.InputBias, gates, 1), .. Reorder(d.StateBias, gates, 1)]).ToArray(),
            count, 2 * gates.Length * hidden);
        var states = _definition.Cell == RecurrentCell.Lstm
            ? graph.Lstm(tokens, input, recurrence, bias, lengths)
            : graph.Gru(tokens, input, recurrence, bias, lengths);

        // [T, directions, N, hidden] -> [N, T, directions, hidden] -> [N, T, directions x hidden]
        var byRow = graph.Reshape(graph.Transpose(states, 2, 0, 1, 3), GraphInputs.Rows, GraphInputs.Steps, count * hidden);
        return TokenValidity.Maximum(graph, byRow, ids);
    }

    public void Dispose()
    {
        foreach (var direction in _directions) { direction.Dispose(); }
    }

    private static torch.Tensor Reverse(torch.Tensor tokens, ForwardPass pass)
    {
        var (rows, steps) = (pass.Batch.Rows, pass.Batch.TokenWidth);
        var order = new long[rows * steps];
        for (var row = 0; row < rows; row++)
        {
            var length = pass.Batch.TokenIds.AsSpan(row * steps, steps).IndexOf(0);
            if (length < 0) { length = steps; }
            for (var t = 0; t < steps; t++) { order[(row * steps) + t] = (row * steps) + (t < length ? length - 1 - t : t); }
        }

        var index = torch.tensor(order).to(tokens.device);
        return tokens.reshape(rows * steps, -1).index_select(0, index).reshape(tokens.shape);
    }

    private GraphValue Join(GraphBuilder graph, WeightWriter weights, string what, int[] gates, Func<Direction, float[]> read, int columns)
    {
        var rows = gates.Length * _definition.Hidden;
        var all = _directions.SelectMany(d => Reorder(read(d), gates, columns)).ToArray();
        var matrix = weights.Matrix(graph, $"{_name}.{what}", all, _directions.Count * rows, columns, scaleRows: true);
        return graph.Reshape(matrix, _directions.Count, rows, columns);
    }

    private float[] Reorder(float[] values, int[] gates, int columns)
    {
        var block = _definition.Hidden * columns;
        return [.. gates.SelectMany(gate => values.AsSpan(gate * block, block).ToArray())];
    }

    private sealed class Direction : IDisposable
    {
        private readonly torch.nn.Module _module;
        private readonly Dictionary<string, torch.Tensor> _weights;
        private readonly Func<torch.Tensor, torch.Tensor> _run;

        public Direction(RecurrentChannelDefinition definition, DenseParameters parameters, string name)
        {
            if (definition.Cell == RecurrentCell.Lstm)
            {
                var lstm = torch.nn.LSTM(definition.Width, definition.Hidden, batchFirst: true, device: parameters.Device);
                _run = tokens => lstm.call(tokens).Item1;
                _module = lstm;
            }
            else
            {
                var gru = torch.nn.GRU(definition.Width, definition.Hidden, batchFirst: true, device: parameters.Device);
                _run = tokens => gru.call(tokens).Item1;
                _module = gru;
            }

            _weights = _module.named_parameters().ToDictionary(p => p.name, p => (torch.Tensor)p.parameter);
            foreach (var (part, value) in _weights)
            {
                value.DetachFromDisposeScope();
                parameters.Adopt($"{name}.{part}", value, 0.5 / Math.Sqrt(definition.Hidden), decays: part.StartsWith("weight", StringComparison.Ordinal));
            }
        }

        public float[] InputWeights => Read("weight_ih_l0");

        public float[] StateWeights => Read("weight_hh_l0");

        public float[] InputBias => Read("bias_ih_l0");

        public float[] StateBias => Read("bias_hh_l0");

        public torch.Tensor Forward(torch.Tensor tokens) => _run(tokens);

        public void Dispose() => _module.Dispose();

        private float[] Read(string part) => new DenseParameter(part, _weights[part], false).ToArray();
    }
}
