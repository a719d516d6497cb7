namespace HsStream.Training.Networks;

/// <summary>The architectures by name, with the sizes that they are compared in.</summary>
public static class Architectures
{
    public const string Linear = "linear";
    public const string Dnn = "dnn";
    public const string TextCnn = "textcnn";
    public const string Lstm = "lstm";
    public const string BiLstm = "bilstm";
    public const string Gru = "gru";
    public const string Transformer = "transformer";
    public const string Bag = "bag";
    public const string Combined = "combined";

    /// <summary>The one that is served unless another is asked for: the most accurate, and the fastest.</summary>
    public const string Default = Bag;

    private static readonly Dictionary<string, NetworkDefinition> Known = new()
    {
        // Each n-gram has a weight for each label: what a linear support vector machine is, but hashed.
        [Linear] = new() { Channels = [new NgramChannelDefinition { Rows = 1 << 15, Width = null, FeatureDropout = 0.1 }] },
        [Bag] = new() { Channels = [new NgramChannelDefinition { Width = 192, FeatureDropout = 0.4 }], Head = new() { Dropout = 0.4 } },
        [Dnn] = new() { Channels = [new NgramChannelDefinition()], Trunk = new() { Layers = [256] } },
        [TextCnn] = new() { Channels = [new ConvolutionChannelDefinition()] },
        [Lstm] = new() { Channels = [new RecurrentChannelDefinition()] },
        [BiLstm] = new() { Channels = [new RecurrentChannelDefinition { Bidirectional = true }] },
        [Gru] = new() { Channels = [new RecurrentChannelDefinition { Cell = RecurrentCell.Gru }] },
        [Transformer] = new() { Channels = [new TransformerChannelDefinition()] },
        [Combined] = new() { Channels = [new NgramChannelDefinition(), new ConvolutionChannelDefinition()] },
    };

    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <exception cref="HyperParameterException">No architecture has this name.</exception>
    public static NetworkDefinition Get(string name) => Known.TryGetValue(name, out var definition)
        ? definition
        : throw new HyperParameterException($"architecture must be one of {string.Join(", ", Known.Keys)}, and is {name}.");
}
