using HsStream.Training.Networks;

namespace HsStream.Training.Export;

/// <summary>Writes a trained network as the file model.onnx.</summary>
public static class ModelWriter
{
    /// <summary>A graph with the outputs <see cref="GraphInputs.Logits"/> and, when the network has one, <see cref="GraphInputs.Embedding"/>.</summary>
    /// <remarks>Equal weights give equal bytes.</remarks>
    public static byte[] Write(INetwork network, ExportOptions options)
    {
        var graph = new GraphBuilder();
        var output = network.Export(graph, options);
        graph.Output(GraphInputs.Logits, output.Logits);
        if (output.Embedding is { } embedding) { graph.Output(GraphInputs.Embedding, embedding); }
        return graph.ToModel("hsstream");
    }
}
