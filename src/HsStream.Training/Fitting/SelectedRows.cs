using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>Some rows of others, by number.</summary>
public sealed class SelectedRows(IFeatureRows source, int[] selected) : IFeatureRows
{
    public int Count => selected.Length;

    public ReadOnlySpan<int> NgramIds(int row) => source.NgramIds(selected[row]);

    public ReadOnlySpan<float> NgramWeights(int row) => source.NgramWeights(selected[row]);

    public ReadOnlySpan<int> TokenIds(int row) => source.TokenIds(selected[row]);
}
