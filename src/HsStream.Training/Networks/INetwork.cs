using HsStream.Training.Export;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>A classifier that can be trained, and written as a graph that gives the same scores.</summary>
/// <remarks>Not thread-safe. libtorch must be loaded before one is made.</remarks>
public interface INetwork : IDisposable
{
    LabelHierarchy Labels { get; }

    /// <summary>Where the dense parameters are; tables are on the processor.</summary>
    torch.Device Device { get; }

    /// <summary>What a step of training changes, besides <see cref="Tables"/>.</summary>
    IReadOnlyList<DenseParameter> Parameters { get; }

    IReadOnlyList<EmbeddingTable> Tables { get; }

    /// <summary>Whether the order of words matters, so that texts of like length are best kept together.</summary>
    bool ReadsTokens { get; }

    /// <summary>Scores of a batch. In training, tables are read through <see cref="ForwardPass.Uses"/>, so their gradients can be applied.</summary>
    NetworkOutput Forward(ForwardPass pass);

    /// <summary>Adds the network to a graph: its inputs under the names of <see cref="GraphInputs"/>, its result as values.</summary>
    GraphOutput Export(GraphBuilder graph, ExportOptions options);
}

/// <summary>Raw scores, before any softmax.</summary>
/// <param name="Logits">[N, subheadings].</param>
/// <param name="Headings">[N, headings], from a head of its own, for the loss.</param>
/// <param name="Chapters">[N, chapters], likewise.</param>
/// <param name="Embedding">[N, D], each row of length 1; what precedents are compared by.</param>
public sealed record NetworkOutput(torch.Tensor Logits, torch.Tensor? Headings = null, torch.Tensor? Chapters = null, torch.Tensor? Embedding = null);

/// <summary>The same two as values of a graph.</summary>
public sealed record GraphOutput(GraphValue Logits, GraphValue? Embedding);
