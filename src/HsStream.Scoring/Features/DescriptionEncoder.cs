using System.Security.Cryptography;

namespace HsStream.Scoring.Features;

/// <summary>Turns a product description into the features of a model. Training and serving use this same class.</summary>
/// <remarks>
/// Immutable and shared by any number of threads, each with its own <see cref="EncoderWorkspace"/>. Deterministic over
/// machines, cultures and versions of the runtime: an own character table, an own hash, and float arithmetic of fixed
/// order without library functions. Allocates nothing once a workspace has grown to its largest text. Never throws for a
/// text: what is odd about it comes back as <see cref="TextIssues"/>.
/// </remarks>
public sealed class DescriptionEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly NgramCounter _ngrams;
    private readonly TokenSequence _sequence;

    internal DescriptionEncoder(EncoderDefinition definition, EncoderTables tables)
    {
        definition.Validate();
        Definition = definition;
        Tables = tables;
        _tokenizer = new Tokenizer(definition);
        _ngrams = new NgramCounter(definition.Ngrams, _tokenizer);
        _sequence = new TokenSequence(definition.Tokens, _tokenizer, tables);
        Hash = HashOf(definition.ToJson(), tables.ToBytes());
    }

    public EncoderDefinition Definition { get; }

    /// <summary><c>sha256:</c> and 64 hexadecimal digits over the definition and the tables; every prediction names it.</summary>
    public string Hash { get; }

    internal EncoderTables Tables { get; }

    /// <summary>Opens encoder.json and encoder.bin of a bundle.</summary>
    /// <exception cref="EncoderFormatException">They cannot be used; the message says why.</exception>
    public static DescriptionEncoder Open(ReadOnlySpan<byte> definitionJson, ReadOnlySpan<byte> tables)
    {
        var definition = EncoderDefinition.Parse(definitionJson);
        return new DescriptionEncoder(definition, EncoderTables.Parse(tables, definition));
    }

    /// <summary>The bytes of encoder.json and encoder.bin.</summary>
    public (byte[] DefinitionJson, byte[] Tables) ToBytes() => (Definition.ToJson(), Tables.ToBytes());

    public EncoderWorkspace CreateWorkspace() => new(Definition);

    /// <summary>Encodes one text.</summary>
    /// <param name="text">Any UTF-16, also damaged.</param>
    /// <returns>Views on the workspace; they hold until its next use.</returns>
    public EncodedRow Encode(ReadOnlySpan<char> text, EncoderWorkspace workspace)
    {
        var issues = TextIssues.None;
        var tokens = Tokenize(text, workspace, ref issues);
        var features = _ngrams.Write(tokens, Tables, workspace, ref issues);
        var length = _sequence.Write(tokens, workspace, ref issues, out var profile);
        return new EncodedRow(
            workspace.NgramIds.AsSpan(0, features), workspace.NgramWeights.AsSpan(0, features), workspace.TokenIds.AsSpan(0, length), issues, profile,
            HashOf(workspace.WordHashes.AsSpan(0, tokens)));
    }

    /// <summary>Encodes one text given as UTF-8: the same result as for its UTF-16. Invalid bytes separate words and are flagged.</summary>
    public EncodedRow Encode(ReadOnlySpan<byte> utf8, EncoderWorkspace workspace) => Encode(TextFolder.Decode(utf8, workspace.Decoded), workspace);

    /// <summary>SHA-256 over the text's UTF-8, which a prediction names as its input. A lone surrogate counts as U+FFFD.</summary>
    /// <param name="hash">32 bytes.</param>
    public static void HashInput(ReadOnlySpan<char> text, Span<byte> hash)
    {
        const int OnStack = 1024;
        var longest = System.Text.Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = longest > OnStack ? System.Buffers.ArrayPool<byte>.Shared.Rent(longest) : null;
        var utf8 = rented is null ? stackalloc byte[OnStack] : rented.AsSpan();
        try
        {
            System.Text.Unicode.Utf8.FromUtf16(text, utf8, out _, out var written, replaceInvalidSequences: true, isFinalBlock: true);
            SHA256.HashData(utf8[..written], hash);
        }
        finally
        {
            if (rented is not null)
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>The words that the encoder sees, each with its place in the text. For explanations, not for the hot path.</summary>
    public IReadOnlyList<TextToken> Trace(string text)
    {
        var workspace = CreateWorkspace();
        workspace.Trace();
        var issues = TextIssues.None;
        var count = Tokenize(text, workspace, ref issues);
        var tokens = new List<TextToken>(count);
        foreach (var token in workspace.Tokens.AsSpan(0, count))
        {
            var start = workspace.WordSource[token.Start];
            var last = workspace.WordSource[token.Start + token.Length - 1];
            var end = last + (char.IsHighSurrogate(text[last]) && last + 1 < text.Length ? 2 : 1);
            tokens.Add(new TextToken(new string(workspace.Words, token.Start, token.Length), start, end - start));
        }

        return tokens;
    }

    internal int Tokenize(ReadOnlySpan<char> text, EncoderWorkspace workspace, ref TextIssues issues)
    {
        var tokens = _tokenizer.Split(TextFolder.Fold(text, Definition.MaxCharacters, workspace, ref issues), workspace);
        issues |= tokens == 0 ? TextIssues.Empty : TextIssues.None;
        var hashes = workspace.WordHashes.AsSpan(0, tokens);
        var words = workspace.Words.AsSpan();
        for (var i = 0; i < hashes.Length; i++)
        {
            var token = workspace.Tokens[i];
            hashes[i] = FeatureHash.Of(FeatureHash.WordSeed, words.Slice(token.Start, token.Length));
        }

        return tokens;
    }

    /// <summary>The n-gram buckets of a text, each once, whatever the tables say; for fitting.</summary>
    internal ReadOnlySpan<ulong> CountBuckets(int tokens, EncoderWorkspace workspace)
    {
        var keys = _ngrams.Count(tokens, workspace); // which may change the array below
        return workspace.Counts.AsSpan(0, keys);
    }

    /// <summary>The hashes under which the words and shapes of a text are known; for fitting.</summary>
    internal void VisitVocabulary(int tokens, EncoderWorkspace workspace, Action<ulong> visit) => _sequence.VisitVocabulary(tokens, workspace, visit);

    private static ulong HashOf(ReadOnlySpan<ulong> words)
    {
        var hash = (ulong)words.Length;
        foreach (var word in words)
        {
            hash = FeatureHash.Pair(hash, word);
        }

        return hash;
    }

    private static string HashOf(byte[] definition, byte[] tables)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, definition.Length);
        sha.AppendData(length);
        sha.AppendData(definition);
        sha.AppendData(tables);
        return "sha256:" + Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}

/// <summary>A word as the encoder sees it.</summary>
/// <param name="Word">Folded.</param>
/// <param name="Start">First UTF-16 unit in the original text.</param>
/// <param name="Length">UTF-16 units in the original text, accents typed apart and the like included where they lie inside.</param>
public readonly record struct TextToken(string Word, int Start, int Length);
