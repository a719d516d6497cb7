namespace HsStream.Training.Networks;

/// <summary>The features of the texts that go through a network together. Filled again and again, with the same buffers.</summary>
public sealed class NetworkBatch
{
    private int[] _offsets = [0];
    private int[] _ngramIds = [];
    private float[] _ngramWeights = [];
    private int[] _tokenIds = [];

    public int Rows { get; private set; }

    /// <summary>Steps of the longest token sequence, at least 1; shorter ones are padded with 0.</summary>
    public int TokenWidth { get; private set; } = 1;

    /// <summary>Row r has the n-grams [r] to [r + 1].</summary>
    internal ReadOnlySpan<int> NgramOffsets => _offsets.AsSpan(0, Rows + 1);

    internal int[] NgramIds => _ngramIds;

    internal float[] NgramWeights => _ngramWeights;

    internal int NgramCount => _offsets[Rows];

    /// <summary>[Rows, TokenWidth].</summary>
    internal int[] TokenIds => _tokenIds;

    /// <summary>Takes rows of <paramref name="source"/> in the order of <paramref name="selected"/>.</summary>
    public void Fill(IFeatureRows source, ReadOnlySpan<int> selected)
    {
        var (ngrams, width) = (0, 1);
        foreach (var row in selected)
        {
            ngrams += source.NgramIds(row).Length;
            width = Math.Max(width, source.TokenIds(row).Length);
        }

        Rows = selected.Length;
        TokenWidth = width;
        Grow(ref _offsets, Rows + 1);
        Grow(ref _ngramIds, ngrams);
        Grow(ref _ngramWeights, ngrams);
        Grow(ref _tokenIds, Rows * width);
        var at = 0;
        for (var i = 0; i < selected.Length; i++)
        {
            var ids = source.NgramIds(selected[i]);
            ids.CopyTo(_ngramIds.AsSpan(at));
            source.NgramWeights(selected[i]).CopyTo(_ngramWeights.AsSpan(at));
            at += ids.Length;
            _offsets[i + 1] = at;
            var tokens = source.TokenIds(selected[i]);
            var target = _tokenIds.AsSpan(i * width, width);
            tokens.CopyTo(target);
            target[tokens.Length..].Clear();
        }
    }

    private static void Grow<T>(ref T[] array, int needed)
    {
        if (array.Length < needed) { array = new T[Math.Max(needed, 2 * array.Length)]; }
    }
}
