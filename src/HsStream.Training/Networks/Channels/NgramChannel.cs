using HsStream.Training.Export;
using TorchSharp;

namespace HsStream.Training.Networks.Channels;

internal sealed class NgramChannel(NgramChannelDefinition definition, NetworkInputs inputs, int labels, string name, SeededRandom random) : IChannel
{
    public EmbeddingTable Table { get; } = new(
        $"{name}.table",
        IdSource.Ngrams,
        Math.Min(definition.Rows ?? inputs.NgramIds, inputs.NgramIds),
        definition.Width ?? labels,
        definition.Width is { } width ? (float)(definition.Gain / Math.Sqrt(width)) : 0,     // a linear model starts at zero
        random);

    public int Width => Table.Width;

    public torch.Tensor Forward(ForwardPass pass) => pass.SumNgrams(Table, definition.FeatureDropout);

    public GraphValue Export(GraphBuilder graph, WeightWriter weights)
    {
        var (ids, ngramWeights) = GraphInputs.Ngrams(graph);
        if (Table.Rows < inputs.NgramIds)
        {
            // Like EmbeddingTable.RowOf: 1 + (id - 1) modulo (rows - 1). Padding may become any id; its weight is 0.
            var one = graph.Scalar(1);
            ids = graph.Add(graph.Modulo(graph.Subtract(ids, one), graph.Scalar(Table.Rows - 1)), one);
        }

        return weights.SumRows(graph, Table, ids, ngramWeights);
    }

    public void Dispose()
    {
    }
}
