using HsStream.Training.Export;
using TorchSharp;

namespace HsStream.Training.Networks.Channels;

/// <summary>A channel with its weights.</summary>
internal interface IChannel : IDisposable
{
    EmbeddingTable Table { get; }

    /// <summary>Length of a row's vector.</summary>
    int Width { get; }

    /// <summary>[Rows, Width].</summary>
    torch.Tensor Forward(ForwardPass pass);

    /// <summary>[N, Width].</summary>
    GraphValue Export(GraphBuilder graph, WeightWriter weights);
}
