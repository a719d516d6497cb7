using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>One look-up in a table during a forward pass: entry i added weight[i] x row id[i] to row position[i] of the leaf.</summary>
/// <param name="Leaf">Its gradient, [positions..., Width], exists after the backward pass.</param>
/// <param name="Count">Entries that count; the arrays may be longer.</param>
/// <remarks>Holds the batch's buffers: valid until the batch is filled again.</remarks>
public sealed record EmbeddingUse(EmbeddingTable Table, torch.Tensor Leaf, int Count, int[] Ids, float[] Weights, int[] Positions);
