namespace HsStream.Scoring.Features;

/// <summary>The features of many texts without padding, to be written to padded tensors in any order and grouping.</summary>
/// <remarks>Grows and keeps its buffers; <see cref="Clear"/> it to use it again. One writer at a time; readers may share it while nobody adds.</remarks>
public sealed class EncodedBatch(DescriptionEncoder encoder)
{
    private readonly EncoderWorkspace _workspace = encoder.CreateWorkspace();
    private int[] _ngramIds = new int[1024];
    private float[] _ngramWeights = new float[1024];
    private int[] _tokenIds = new int[256];
    private Row[] _rows = new Row[16];

    public DescriptionEncoder Encoder { get; } = encoder;

    public int Count { get; private set; }

    public void Clear() => Count = 0;

    public void Add(ReadOnlySpan<char> text) => Add(Encoder.Encode(text, _workspace));

    public void Add(ReadOnlySpan<byte> utf8) => Add(Encoder.Encode(utf8, _workspace));

    public ReadOnlySpan<int> NgramIds(int row) => _ngramIds.AsSpan(At(row).Ngrams, At(row).NgramCount);

    public ReadOnlySpan<float> NgramWeights(int row) => _ngramWeights.AsSpan(At(row).Ngrams, At(row).NgramCount);

    public ReadOnlySpan<int> TokenIds(int row) => _tokenIds.AsSpan(At(row).Tokens, At(row).TokenCount);

    public TextIssues Issues(int row) => At(row).Issues;

    public TextProfile Profile(int row) => At(row).Profile;

    public ulong TextHash(int row) => At(row).TextHash;

    /// <summary>The smallest F of the ladder that the row fits.</summary>
    public int NgramWidth(int row) => Width(Encoder.Definition.Ngrams.Widths, At(row).NgramCount);

    /// <summary>The smallest T of the ladder that the row fits.</summary>
    public int TokenWidth(int row) => Width(Encoder.Definition.Tokens.Widths, At(row).TokenCount);

    /// <summary>Writes the n-grams of some rows as [rows, width], zero where a row is shorter.</summary>
    /// <param name="rows">Row numbers in the order of the output.</param>
    /// <param name="ids">Exactly rows x width, int32; overwritten.</param>
    /// <param name="weights">Exactly rows x width, float32; overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit, or a row is longer than the width.</exception>
    public void WriteNgrams(ReadOnlySpan<int> rows, int width, Span<int> ids, Span<float> weights)
    {
        Check(rows.Length, width, ids.Length);
        Check(rows.Length, width, weights.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            Pad(NgramIds(rows[i]), ids.Slice(i * width, width));
            Pad(NgramWeights(rows[i]), weights.Slice(i * width, width));
        }
    }

    /// <summary>Writes the tokens of some rows as [rows, width], zero where a row is shorter.</summary>
    /// <param name="ids">Exactly rows x width, int32; overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit, or a row is longer than the width.</exception>
    public void WriteTokens(ReadOnlySpan<int> rows, int width, Span<int> ids)
    {
        Check(rows.Length, width, ids.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            Pad(TokenIds(rows[i]), ids.Slice(i * width, width));
        }
    }

    private static int Width(IReadOnlyList<int> ladder, int count)
    {
        var i = 0;
        while (ladder[i] < count)
        {
            i++;
        }

        return ladder[i];
    }

    private static void Check(int rows, int width, int found)
    {
        if ((long)rows * width != found)
        {
            throw new ArgumentException($"Expected room for {rows} x {width} values, got {found}.");
        }
    }

    private static void Pad<T>(ReadOnlySpan<T> from, Span<T> to)
    {
        if (from.Length > to.Length)
        {
            throw new ArgumentException($"Expected a row of at most {to.Length} values, got {from.Length}.");
        }

        from.CopyTo(to);
        to[from.Length..].Clear();
    }

    private static void Grow<T>(ref T[] array, int needed)
    {
        if (array.Length < needed)
        {
            Array.Resize(ref array, Math.Max(needed, 2 * array.Length));
        }
    }

    private void Add(EncodedRow row)
    {
        var (ngrams, tokens) = Count == 0 ? (0, 0) : (_rows[Count - 1].NgramEnd, _rows[Count - 1].TokenEnd);
        Grow(ref _ngramIds, ngrams + row.NgramIds.Length);
        Grow(ref _ngramWeights, ngrams + row.NgramIds.Length);
        Grow(ref _tokenIds, tokens + row.TokenIds.Length);
        Grow(ref _rows, Count + 1);
        row.NgramIds.CopyTo(_ngramIds.AsSpan(ngrams));
        row.NgramWeights.CopyTo(_ngramWeights.AsSpan(ngrams));
        row.TokenIds.CopyTo(_tokenIds.AsSpan(tokens));
        _rows[Count++] = new Row(ngrams, row.NgramIds.Length, tokens, row.TokenIds.Length, row.Issues, row.Profile, row.TextHash);
    }

    private ref readonly Row At(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        return ref _rows[row];
    }

    private readonly record struct Row(int Ngrams, int NgramCount, int Tokens, int TokenCount, TextIssues Issues, TextProfile Profile, ulong TextHash)
    {
        public int NgramEnd => Ngrams + NgramCount;

        public int TokenEnd => Tokens + TokenCount;
    }
}
