using HsStream.Training.Networks;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>Runs a network over rows without learning from them.</summary>
public static class Inference
{
    private const int BatchSize = 256;

    /// <summary>Raw scores of all rows: [rows, subheadings], row by row.</summary>
    public static float[] Logits(INetwork network, IFeatureRows rows, CancellationToken cancellationToken)
    {
        var labels = network.Labels.Codes.Count;
        var all = new float[checked(rows.Count * labels)];
        ForBatches(network, rows, (start, output) => output.Logits.cpu().contiguous().data<float>().ToArray().CopyTo(all.AsSpan(start * labels)), cancellationToken);
        return all;
    }

    /// <summary>Embeddings of all rows: [rows, D], row by row; empty when the network has none.</summary>
    public static (float[] Values, int Width) Embeddings(INetwork network, IFeatureRows rows, CancellationToken cancellationToken)
    {
        var (all, width) = (Array.Empty<float>(), 0);
        ForBatches(network, rows, (start, output) =>
        {
            if (output.Embedding is null) { return; }
            width = (int)output.Embedding.shape[1];
            if (start == 0) { all = new float[checked(rows.Count * width)]; }
            output.Embedding.cpu().contiguous().data<float>().ToArray().CopyTo(all.AsSpan(start * width));
        }, cancellationToken);
        return (all, width);
    }

    /// <summary>Hands over the outputs of rows in order, with the number of the first; they do not outlive the call.</summary>
    internal static void ForBatches(INetwork network, IFeatureRows rows, Action<int, NetworkOutput> take, CancellationToken cancellationToken)
    {
        using var none = torch.no_grad();
        var batch = new NetworkBatch();
        foreach (var chunk in Enumerable.Range(0, rows.Count).Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            batch.Fill(rows, chunk);
            take(chunk[0], network.Forward(ForwardPass.Infer(batch, network.Device)));
        }
    }
}
