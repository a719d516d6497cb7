using HsStream.Scoring.Features;

namespace HsStream.Training.Networks;

/// <summary>The features of texts, one row a text, without padding.</summary>
public interface IFeatureRows
{
    int Count { get; }

    /// <summary>Hashed n-grams, each at least 1.</summary>
    ReadOnlySpan<int> NgramIds(int row);

    /// <summary>Beside <see cref="NgramIds"/>.</summary>
    ReadOnlySpan<float> NgramWeights(int row);

    /// <summary>Words in the order of the text, each at least 1.</summary>
    ReadOnlySpan<int> TokenIds(int row);
}

/// <summary>The rows of an encoder's batch.</summary>
public sealed class EncodedRows(EncodedBatch batch) : IFeatureRows
{
    public int Count => batch.Count;

    /// <summary>Encodes <paramref name="texts"/> in order.</summary>
    public static EncodedRows Encode(DescriptionEncoder encoder, IEnumerable<string> texts)
    {
        var batch = new EncodedBatch(encoder);
        foreach (var text in texts) { batch.Add(text); }
        return new EncodedRows(batch);
    }

    public ReadOnlySpan<int> NgramIds(int row) => batch.NgramIds(row);

    public ReadOnlySpan<float> NgramWeights(int row) => batch.NgramWeights(row);

    public ReadOnlySpan<int> TokenIds(int row) => batch.TokenIds(row);
}
