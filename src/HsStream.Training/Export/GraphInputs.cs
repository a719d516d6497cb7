namespace HsStream.Training.Export;

/// <summary>Names of what goes into and comes out of a model's graph, and the inputs with their shapes.</summary>
public static class GraphInputs
{
    /// <summary>int32 [N, F], 0 is padding.</summary>
    public const string NgramIds = "ngram_ids";

    /// <summary>float32 [N, F], 0 at padding.</summary>
    public const string NgramWeights = "ngram_weights";

    /// <summary>int32 [N, T], 0 is padding.</summary>
    public const string TokenIds = "token_ids";

    /// <summary>float32 [N, C].</summary>
    public const string Logits = "logits";

    /// <summary>float32 [N, D], rows of length 1.</summary>
    public const string Embedding = "embedding";

    internal static readonly Axis Rows = "N";
    internal static readonly Axis Features = "F";
    internal static readonly Axis Steps = "T";

    internal static (GraphValue Ids, GraphValue Weights) Ngrams(GraphBuilder graph) => (
        graph.Input(NgramIds, ElementType.Int32, Rows, Features), graph.Input(NgramWeights, ElementType.Float32, Rows, Features));

    internal static GraphValue Tokens(GraphBuilder graph) => graph.Input(TokenIds, ElementType.Int32, Rows, Steps);
}
