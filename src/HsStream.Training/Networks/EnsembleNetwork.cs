using HsStream.Training.Export;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>Several trained networks over the same labels and encoder; the result is the mean of their probabilities, as logarithms.</summary>
/// <remarks>Owns its members. Not trained itself: it teaches a smaller network, or is served as it is.</remarks>
public sealed class EnsembleNetwork : INetwork
{
    /// <summary>Keeps the logarithm finite.</summary>
    private const float Tiny = 1e-20f;

    private readonly IReadOnlyList<INetwork> _members;

    /// <exception cref="ArgumentException">No member, or labels that differ.</exception>
    public EnsembleNetwork(IReadOnlyList<INetwork> members)
    {
        if (members.Count == 0) { throw new ArgumentException("Expected at least one network."); }
        if (members.Any(member => !member.Labels.Codes.SequenceEqual(members[0].Labels.Codes)))
        {
            throw new ArgumentException("The networks of an ensemble must have the same labels in the same order.");
        }

        _members = members;
    }

    public LabelHierarchy Labels => _members[0].Labels;

    public torch.Device Device => _members[0].Device;

    public IReadOnlyList<DenseParameter> Parameters => [.. _members.SelectMany(member => member.Parameters)];

    public IReadOnlyList<EmbeddingTable> Tables => [.. _members.SelectMany(member => member.Tables)];

    public bool ReadsTokens => _members.Any(member => member.ReadsTokens);

    public NetworkOutput Forward(ForwardPass pass)
    {
        var mean = _members.Select(member => torch.nn.functional.softmax(member.Forward(pass).Logits, 1)).Aggregate((sum, next) => sum.Plus(next)).Times(1.0 / _members.Count);
        return new NetworkOutput(mean.Plus(Tiny).log());
    }

    public GraphOutput Export(GraphBuilder graph, ExportOptions options)
    {
        GraphValue? sum = null;
        var outer = graph.Scope;
        GraphValue? embedding = null;
        for (var i = 0; i < _members.Count; i++)
        {
            graph.Scope = $"{outer}member{i}.";
            var output = _members[i].Export(graph, options);
            embedding ??= output.Embedding;
            var probabilities = graph.Softmax(output.Logits);
            sum = sum is null ? probabilities : graph.Add(sum, probabilities);
        }

        graph.Scope = outer;
        var mean = graph.Divide(sum!, graph.Scalar((float)_members.Count));
        return new GraphOutput(graph.Log(graph.Add(mean, graph.Scalar(Tiny))), embedding);
    }

    public void Dispose()
    {
        foreach (var member in _members) { member.Dispose(); }
    }
}
