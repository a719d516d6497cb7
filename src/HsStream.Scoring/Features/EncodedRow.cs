namespace HsStream.Scoring.Features;

/// <summary>What is odd about a text. Every one but <see cref="FeaturesCut"/> and <see cref="TokensCut"/> is a reason to look twice.</summary>
[Flags]
public enum TextIssues
{
    None = 0,

    /// <summary>No letter, digit, %, &lt; or &gt;.</summary>
    Empty = 1,

    /// <summary>Longer than the definition's characters; the rest was not read.</summary>
    Truncated = 2,

    /// <summary>More n-grams than the widest padded row; the lightest were left out.</summary>
    FeaturesCut = 4,

    /// <summary>More words than the widest padded sequence; the last were left out.</summary>
    TokensCut = 8,

    /// <summary>No n-gram was seen in training: the row of weights is empty.</summary>
    NoKnownFeatures = 16,

    /// <summary>No word was seen in training.</summary>
    NoKnownWords = 32,

    /// <summary>Invalid UTF-8, a lone surrogate, or U+FFFD, which stands for bytes that were lost before.</summary>
    InvalidText = 64,

    /// <summary>NUL or another control character that is not white space.</summary>
    ControlCharacters = 128,
}

/// <summary>The features of one text: views on the workspace that hold until its next use.</summary>
public readonly ref struct EncodedRow
{
    internal EncodedRow(ReadOnlySpan<int> ngramIds, ReadOnlySpan<float> ngramWeights, ReadOnlySpan<int> tokenIds, TextIssues issues, TextProfile profile, ulong textHash)
    {
        NgramIds = ngramIds;
        NgramWeights = ngramWeights;
        TokenIds = tokenIds;
        Issues = issues;
        Profile = profile;
        TextHash = textHash;
    }

    /// <summary>Rising, each once, without padding.</summary>
    public ReadOnlySpan<int> NgramIds { get; }

    /// <summary>Beside <see cref="NgramIds"/>; the squares add up to 1, or there are none.</summary>
    public ReadOnlySpan<float> NgramWeights { get; }

    /// <summary>In the order of the text, without padding.</summary>
    public ReadOnlySpan<int> TokenIds { get; }

    public TextIssues Issues { get; }

    public TextProfile Profile { get; }

    /// <summary>Hash of the folded words in order: equal for texts that differ in case, accents, punctuation or spaces only.</summary>
    public ulong TextHash { get; }
}

/// <summary>What a text is made of, for the decision whether it says enough.</summary>
/// <param name="Words">Words of letters alone.</param>
/// <param name="KnownWords">Those of them that training saw.</param>
/// <param name="Numbers">Words of digits alone.</param>
/// <param name="Mixed">Words of letters and digits, such as part numbers and sizes.</param>
public readonly record struct TextProfile(int Words, int KnownWords, int Numbers, int Mixed);
