using HsStream.Training.Export;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Networks.Channels;

/// <summary>Keeps padding out of what is computed over a sequence, in torch and in the graph alike.</summary>
internal static class TokenValidity
{
    /// <summary>So low that no maximum takes it, and exp of it is 0.</summary>
    private const float Lowest = -1e30f;

    /// <summary>float32 [N, T]: 1 at tokens, 0 at padding.</summary>
    public static GraphValue Valid(GraphBuilder graph, GraphValue tokens) => graph.Cast(graph.Greater(tokens, graph.Scalar(0)), ElementType.Float32);

    /// <summary>Maximum over the tokens: [N, T, D] gives [N, D]. A text without tokens gives zeros.</summary>
    public static torch.Tensor Maximum(torch.Tensor values, ForwardPass pass)
    {
        var zero = TensorMath.Number(0);
        var masked = values.masked_fill(pass.Valid.unsqueeze(2).eq(zero), TensorMath.Number(Lowest));
        return masked.amax([1]).masked_fill(pass.Lengths.eq(zero).unsqueeze(1), zero);
    }

    /// <inheritdoc cref="Maximum(torch.Tensor, ForwardPass)"/>
    public static GraphValue Maximum(GraphBuilder graph, GraphValue values, GraphValue tokens)
    {
        var isToken = graph.Greater(tokens, graph.Scalar(0));
        var masked = graph.Where(graph.Unsqueeze(isToken, 2), values, graph.Scalar(Lowest));
        var lengths = graph.ReduceSum(Valid(graph, tokens), 1, keepAxis: true);
        return graph.Where(graph.Greater(lengths, graph.Scalar(0f)), graph.ReduceMax(masked, 1), graph.Scalar(0f));
    }
}
