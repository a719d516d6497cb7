namespace HsStream.Scoring.Features;

/// <summary>The buffers of one encoding thread. Made once, used for any number of texts; never by two threads at once.</summary>
/// <remarks>It grows to the largest text it has seen and then allocates nothing more. What it holds between texts never shows in a result.</remarks>
public sealed class EncoderWorkspace
{
    internal EncoderWorkspace(EncoderDefinition definition)
    {
        // A folded character may be several; what does not fit is cut like the end of a long text.
        Folded = new char[(2 * definition.MaxCharacters) + 64];
        Decoded = new char[definition.MaxCharacters + 2];
        NgramIds = new int[definition.Ngrams.MaxFeatures];
        NgramWeights = new float[definition.Ngrams.MaxFeatures];
        TokenIds = new int[definition.Tokens.MaxTokens];
        EnsureWords(256);
        EnsureCounts(1024);
    }

    /// <summary>UTF-16 of a text that came as UTF-8.</summary>
    internal char[] Decoded { get; }

    /// <summary>A space, then the folded words, a space after each.</summary>
    internal char[] Folded { get; }

    /// <summary>A space, then the words of <see cref="Tokens"/>, a space after each.</summary>
    internal char[] Words { get; private set; } = [];

    /// <summary><see cref="Words"/> with every digit as 0.</summary>
    internal char[] Masked { get; private set; } = [];

    internal Token[] Tokens { get; private set; } = [];

    /// <summary>Finished hash of each token as it is written.</summary>
    internal ulong[] WordHashes { get; private set; } = [];

    /// <summary>A key for each occurrence of a feature, sorted in place.</summary>
    internal uint[] Keys { get; private set; } = [];

    internal uint[] Scratch { get; private set; } = [];

    /// <summary>Different keys in rising order: key in the upper half, count in the lower.</summary>
    internal ulong[] Counts { get; private set; } = [];

    /// <summary>Ids and weights before the cap.</summary>
    internal int[] AllIds { get; private set; } = [];

    internal float[] AllWeights { get; private set; } = [];

    internal uint[] Ranking { get; private set; } = [];

    internal int[] NgramIds { get; }

    internal float[] NgramWeights { get; }

    internal int[] TokenIds { get; }

    /// <summary>Where in the original text each unit of <see cref="Folded"/> and of <see cref="Words"/> came from; empty unless traced.</summary>
    internal int[] FoldedSource { get; private set; } = [];

    internal int[] WordSource { get; private set; } = [];

    internal void Trace()
    {
        FoldedSource = new int[Folded.Length];
        WordSource = new int[Words.Length];
    }

    internal void Untrace() => FoldedSource = WordSource = [];

    /// <summary>Room for the words of so many folded units; pairs of an unspaced script take up to five times the units.</summary>
    internal void EnsureWords(int foldedUnits)
    {
        var units = (5 * foldedUnits) + 2;
        if (Words.Length >= units)
        {
            return;
        }

        units = Math.Max(units, 2 * Words.Length);
        Words = new char[units];
        Masked = new char[units];
        Tokens = new Token[units / 2];
        WordHashes = new ulong[units / 2];
        if (WordSource.Length > 0)
        {
            WordSource = new int[units];
        }
    }

    internal void EnsureCounts(int features)
    {
        if (Counts.Length >= features)
        {
            return;
        }

        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)features);
        Keys = new uint[size];
        Scratch = new uint[size];
        Counts = new ulong[size];
        AllIds = new int[size];
        AllWeights = new float[size];
        Ranking = new uint[size];
    }
}

/// <summary>A word in <see cref="EncoderWorkspace.Words"/>; there is a space before and after it.</summary>
internal readonly record struct Token(int Start, int Length, TokenForm Form);

internal enum TokenForm : byte
{
    /// <summary>Letters, %, &lt;, &gt;.</summary>
    Word,

    /// <summary>Digits alone.</summary>
    Number,

    /// <summary>Digits and others.</summary>
    Mixed,

    /// <summary>One or two characters of a script without spaces.</summary>
    Unspaced,
}
