using HsStream.Training.Export;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>From a text's vector to scores of subheadings, and for the loss of headings and chapters.</summary>
internal sealed class Head
{
    private readonly HeadDefinition _definition;
    private readonly LabelHierarchy _labels;
    private readonly DenseLayer _subheadings;
    private readonly DenseLayer? _headings;
    private readonly DenseLayer? _chapters;
    private readonly torch.Tensor _headingOf;
    private readonly torch.Tensor _chapterOf;

    // Scores start at zero: all labels are alike before the first step.
    public Head(HeadDefinition definition, LabelHierarchy labels, DenseParameters parameters, int width)
    {
        _definition = definition;
        _labels = labels;
        _subheadings = new DenseLayer(parameters, "head.subheadings", width, labels.Codes.Count, gain: 0);
        _headings = definition.Headings ? new DenseLayer(parameters, "head.headings", width, labels.Headings.Count, gain: 0) : null;
        _chapters = definition.Chapters ? new DenseLayer(parameters, "head.chapters", width, labels.Chapters.Count, gain: 0) : null;
        _headingOf = Index(labels.HeadingOf, parameters.Device);
        _chapterOf = Index(labels.ChapterOf, parameters.Device);
    }

    public NetworkOutput Forward(torch.Tensor vector, ForwardPass pass)
    {
        // [N, width] -> [N, subheadings], [N, headings], [N, chapters]
        var direction = torch.nn.functional.normalize(vector, 2, 1);
        var read = pass.Dropout(_definition.Length > 0 ? direction.Times(_definition.Length) : vector, _definition.Dropout);
        var headings = _headings?.Forward(read);
        var chapters = _chapters?.Forward(read);
        var logits = _subheadings.Forward(read);
        if (_definition.Additive)
        {
            if (headings is not null) { logits = logits.Plus(headings.index_select(1, _headingOf)); }
            if (chapters is not null) { logits = logits.Plus(chapters.index_select(1, _chapterOf)); }
        }

        return new NetworkOutput(logits, headings, chapters, direction);
    }

    public GraphOutput Export(GraphBuilder graph, WeightWriter weights, GraphValue vector)
    {
        var length = graph.Maximum(graph.Sqrt(graph.ReduceSum(graph.Multiply(vector, vector), 1, keepAxis: true)), graph.Scalar(1e-12f));
        var direction = graph.Divide(vector, length);
        var read = _definition.Length > 0 ? graph.Multiply(direction, graph.Scalar((float)_definition.Length)) : vector;
        var (matrix, bias) = Folded();
        return new GraphOutput(DenseLayer.Export(graph, weights, "head", read, matrix, bias, _labels.Codes.Count), direction);
    }

    /// <summary>One matrix for the sum of heads: each is linear in the same vector.</summary>
    private (float[] Matrix, float[] Bias) Folded()
    {
        var matrix = _subheadings.Weights();
        var bias = _subheadings.Bias();
        if (_definition.Additive)
        {
            Fold(_headings, _labels.HeadingOf);
            Fold(_chapters, _labels.ChapterOf);
        }

        return (matrix, bias);

        void Fold(DenseLayer? layer, IReadOnlyList<int> of)
        {
            if (layer is null) { return; }
            var (shared, sharedBias) = (layer.Weights(), layer.Bias());
            var width = matrix.Length / bias.Length;
            for (var label = 0; label < bias.Length; label++)
            {
                bias[label] += sharedBias[of[label]];
                for (var i = 0; i < width; i++) { matrix[(label * width) + i] += shared[(of[label] * width) + i]; }
            }
        }
    }

    private static torch.Tensor Index(IReadOnlyList<int> of, torch.Device device) =>
        torch.tensor(of.Select(i => (long)i).ToArray()).to(device).DetachFromDisposeScope();
}
