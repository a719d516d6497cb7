using HsStream.Training.Export;
using HsStream.Training.Networks.Channels;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>A network made of channels, hidden layers and heads; every architecture but an ensemble is one.</summary>
public sealed class ChannelNetwork : INetwork
{
    private readonly NetworkDefinition _definition;
    private readonly DenseParameters _parameters;
    private readonly List<IChannel> _channels = [];
    private readonly List<DenseLayer> _trunk = [];
    private readonly Head? _head;
    private readonly torch.Tensor? _linearBias;

    /// <param name="seed">First values of all weights depend on it alone.</param>
    /// <param name="device">Of the dense parameters; null is the processor.</param>
    /// <exception cref="HyperParameterException">The definition holds a value out of range.</exception>
    /// <exception cref="TorchUnavailableException">libtorch does not load.</exception>
    public ChannelNetwork(NetworkDefinition definition, NetworkInputs inputs, LabelHierarchy labels, long seed, torch.Device? device = null)
    {
        definition.Validate();
        TorchRuntime.Load();
        _definition = definition;
        Labels = labels;
        _parameters = new DenseParameters(seed, device);
        for (var i = 0; i < definition.Channels.Count; i++)
        {
            var (name, random) = ($"channel{i}", SeededRandom.For(seed, 0, i));
            _channels.Add(definition.Channels[i] switch
            {
                NgramChannelDefinition channel => new NgramChannel(channel, inputs, labels.Codes.Count, name, random),
                ConvolutionChannelDefinition channel => new ConvolutionChannel(channel, inputs, _parameters, name, random),
                RecurrentChannelDefinition channel => new RecurrentChannel(channel, inputs, _parameters, name, random),
                TransformerChannelDefinition channel => new TransformerChannel(channel, inputs, _parameters, name, random),
                var other => throw new HyperParameterException($"channels[{i}] is of an unknown kind: {other.GetType().Name}."),
            });
        }

        var width = _channels.Sum(channel => channel.Width);
        foreach (var units in definition.Trunk.Layers)
        {
            _trunk.Add(new DenseLayer(_parameters, $"trunk{_trunk.Count}", width, units, gain: Math.Sqrt(2)));
            width = units;
        }

        if (definition.Channels[0] is NgramChannelDefinition { Width: null }) { _linearBias = _parameters.Create("bias", 0, decays: false, labels.Codes.Count); }
        else { _head = new Head(definition.Head, labels, _parameters, width); }
        Tables = [.. _channels.Select(channel => channel.Table)];
    }

    public LabelHierarchy Labels { get; }

    public torch.Device Device => _parameters.Device;

    public IReadOnlyList<DenseParameter> Parameters => _parameters.All;

    public IReadOnlyList<EmbeddingTable> Tables { get; }

    public bool ReadsTokens => _channels.Exists(channel => channel is not NgramChannel);

    public NetworkOutput Forward(ForwardPass pass)
    {
        var found = _channels.Select(channel => channel.Forward(pass)).ToList();
        var vector = found.Count == 1 ? found[0] : torch.cat(found, 1);
        if (_linearBias is not null) { return new NetworkOutput(vector.Plus(_linearBias)); }
        foreach (var layer in _trunk)
        {
            var read = pass.Dropout(vector, _definition.Trunk.Dropout);
            var units = torch.nn.functional.relu(layer.Forward(read));
            vector = IsAdded(vector.shape[1], units.shape[1]) ? vector.Plus(units) : units;
        }

        return _head!.Forward(vector, pass);
    }

    public GraphOutput Export(GraphBuilder graph, ExportOptions options)
    {
        var weights = new WeightWriter(options);
        var vector = graph.Concat(1, [.. _channels.Select(channel => channel.Export(graph, weights))]);
        if (_linearBias is not null)
        {
            return new GraphOutput(graph.Add(vector, graph.Constant("bias", _parameters.All[0].ToArray(), Labels.Codes.Count)), null);
        }

        foreach (var layer in _trunk)
        {
            var units = graph.Relu(layer.Export(graph, weights, vector));
            vector = IsAdded(vector.Shape[1].Length, units.Shape[1].Length) ? graph.Add(vector, units) : units;
        }

        return _head!.Export(graph, weights, vector);
    }

    public void Dispose()
    {
        foreach (var channel in _channels) { channel.Dispose(); }
        _parameters.Dispose();
    }

    private bool IsAdded(long before, long after) => _definition.Trunk.Residual && before == after;
}
