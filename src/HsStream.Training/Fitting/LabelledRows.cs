using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>Encoded texts with what they are.</summary>
/// <param name="Labels">Beside the rows: index of the subheading in the network's labels.</param>
/// <param name="Weights">Beside the rows: how much each counts in the loss; null weighs all alike.</param>
/// <param name="Teacher">What a teacher thinks of the rows; null without one.</param>
public sealed record LabelledRows(IFeatureRows Rows, IReadOnlyList<int> Labels, IReadOnlyList<float>? Weights = null, SoftTargets? Teacher = null)
{
    public int Count => Labels.Count;

    /// <exception cref="ArgumentException">Lengths differ, or a label is out of range.</exception>
    internal void Check(int labels)
    {
        if (Rows.Count != Labels.Count) { throw new ArgumentException($"Expected a label for each of {Rows.Count} rows, got {Labels.Count}."); }
        if (Weights is not null && Weights.Count != Labels.Count) { throw new ArgumentException($"Expected {Labels.Count} weights, got {Weights.Count}."); }
        if (Teacher is not null && Teacher.Count != Labels.Count) { throw new ArgumentException($"Expected {Labels.Count} soft targets, got {Teacher.Count}."); }
        foreach (var label in Labels)
        {
            if ((uint)label >= (uint)labels) { throw new ArgumentException($"Expected labels of 0 to {labels - 1}, got {label}."); }
        }
    }
}
