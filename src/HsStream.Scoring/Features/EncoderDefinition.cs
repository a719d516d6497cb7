using System.Text.Json;
using System.Text.Json.Serialization;

namespace HsStream.Scoring.Features;

/// <summary>Every parameter of the encoder; the file encoder.json of a bundle. Two equal definitions with equal tables give equal features.</summary>
public sealed record EncoderDefinition
{
    /// <summary>The only format that this version reads and writes.</summary>
    public const int CurrentFormat = 1;

    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = CurrentFormat;

    /// <summary>Name of the character table that folds compatibility forms, case and accents.</summary>
    public string Folding { get; init; } = Features.Folding.Name;

    /// <summary>UTF-16 units of a text that are read; the rest is cut and flagged. 16 to 16,384.</summary>
    public int MaxCharacters { get; init; } = 1024;

    /// <summary>Whether a run of Chinese, Japanese, Thai, Lao, Khmer or Burmese is cut into its overlapping pairs of characters.</summary>
    public bool SplitUnspaced { get; init; } = true;

    /// <summary>Whether a number glued to one of <see cref="Units"/> becomes two words: 500ml is 500 and ml.</summary>
    public bool SplitUnits { get; init; } = true;

    /// <summary>Folded names of units. A number before one, glued or apart, has the shape #unit.</summary>
    public IReadOnlyList<string> Units { get; init; } = EncoderDefaults.Units;

    /// <summary>A word of letters and digits is a part number from this many characters on ...</summary>
    public int PartNumberCharacters { get; init; } = 5;

    /// <summary>... when at least so many of them are digits. A bare number is one from twice as many digits on.</summary>
    public int PartNumberDigits { get; init; } = 3;

    public NgramDefinition Ngrams { get; init; } = new();

    public TokenDefinition Tokens { get; init; } = new();

    /// <summary>The file's bytes: UTF-8 JSON in one line, members in a fixed order. They are what <see cref="DescriptionEncoder.Hash"/> covers.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, EncoderJson.Default.EncoderDefinition);

    /// <exception cref="EncoderFormatException">Not JSON, another format version, an unknown member, or a value out of range.</exception>
    public static EncoderDefinition Parse(ReadOnlySpan<byte> json)
    {
        EncoderDefinition? definition;
        try
        {
            // A later format may have other members, so its number is looked at alone and first.
            var version = JsonSerializer.Deserialize(json, EncoderFormatJson.Default.EncoderFormat)?.FormatVersion;
            if (version != CurrentFormat)
            {
                throw new EncoderFormatException($"The encoder definition has format_version {version?.ToString() ?? "missing"}; this version reads {CurrentFormat}.");
            }

            definition = JsonSerializer.Deserialize(json, EncoderJson.Default.EncoderDefinition);
        }
        catch (JsonException e)
        {
            throw new EncoderFormatException($"The encoder definition cannot be read: {e.Message}", e);
        }

        if (definition is null)
        {
            throw new EncoderFormatException("The encoder definition is null.");
        }

        definition.Validate();
        return definition;
    }

    /// <exception cref="EncoderFormatException">Names the member, the allowed values and what it holds.</exception>
    public void Validate()
    {
        Require(FormatVersion == CurrentFormat, "format_version", $"{CurrentFormat}", FormatVersion);
        Require(Folding == Features.Folding.Name, "folding", Features.Folding.Name, Folding);
        Require(MaxCharacters is >= 16 and <= 16_384, "max_characters", "16 to 16384", MaxCharacters);
        Require(PartNumberCharacters is >= 2 and <= 64, "part_number_characters", "2 to 64", PartNumberCharacters);
        Require(PartNumberDigits is >= 1 and <= 64, "part_number_digits", "1 to 64", PartNumberDigits);
        Require(Units.Count <= 1000 && Units.All(unit => unit is { Length: >= 1 and <= 16 }), "units", "at most 1000 names of 1 to 16 characters", Units.Count);
        Ngrams.Validate();
        Tokens.Validate();
    }

    internal static void Require(bool holds, string member, string allowed, object found)
    {
        if (!holds)
        {
            throw new EncoderFormatException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"Encoder definition: {member} must be {allowed}, and is {found}."));
        }
    }

    internal static void RequireLadder(IReadOnlyList<int> ladder, string member) =>
        Require(
            ladder.Count is >= 1 and <= 16 && ladder[0] >= 1 && ladder[^1] <= 32_767 && ladder.Zip(ladder.Skip(1)).All(pair => pair.First < pair.Second),
            member, "1 to 16 rising widths of at most 32767", string.Join(' ', ladder));
}

/// <summary>The bag of hashed n-grams: <c>ngram_ids</c> and <c>ngram_weights</c>.</summary>
/// <remarks>
/// Id 0 is padding. Words, word pairs and shapes have the ids below 2^<see cref="WordBits"/>, character n-grams the
/// 2^<see cref="CharacterBits"/> ids from there on. An occurrence count tf of a kind weighs
/// kind weight x (1 + ln tf) x idf; each of the two halves is scaled to length 1 and then to its own weight, and the row to length 1.
/// </remarks>
public sealed record NgramDefinition
{
    /// <summary>Bits of an id of a word, a pair or a shape. 4 to 22.</summary>
    public int WordBits { get; init; } = 17;

    /// <summary>Bits of an id of a character n-gram. 4 to 22.</summary>
    public int CharacterBits { get; init; } = 17;

    /// <summary>Shortest and longest character n-gram inside a word with a space on either side. 1 to 8.</summary>
    public int CharacterMin { get; init; } = 2;

    public int CharacterMax { get; init; } = 5;

    /// <summary>Weight of a kind inside the word half; 0 leaves the kind out.</summary>
    public float WordWeight { get; init; } = 1;

    public float PairWeight { get; init; } = 1;

    public float ShapeWeight { get; init; } = 0.5f;

    /// <summary>Length of each half before the row is scaled to length 1; 0 leaves the half out.</summary>
    public float WordHalf { get; init; } = 1;

    public float CharacterHalf { get; init; } = 1;

    /// <summary>Whether every digit counts as 0 in words and pairs, and in character n-grams.</summary>
    public bool MaskWordDigits { get; init; }

    public bool MaskCharacterDigits { get; init; }

    /// <summary>Whether counts enter as 1 + ln tf; otherwise as they are.</summary>
    public bool SublinearCounts { get; init; } = true;

    /// <summary>Fewest training texts in which a bucket must occur to count as seen.</summary>
    public int WordMinTexts { get; init; } = 1;

    public int CharacterMinTexts { get; init; } = 2;

    /// <summary>Whether an unseen bucket weighs nothing; otherwise it weighs as one that occurs in no text.</summary>
    public bool DropUnseen { get; init; } = true;

    /// <summary>Padded widths F. The last is the most features of a row: the heaviest stay, at equal weight the smaller id.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [64, 128, 256, 512];

    /// <summary>Rows of an embedding table that every id fits: 2^WordBits + 2^CharacterBits.</summary>
    [JsonIgnore]
    public int Buckets => (1 << WordBits) + (1 << CharacterBits);

    [JsonIgnore]
    public int MaxFeatures => Widths[^1];

    internal void Validate()
    {
        EncoderDefinition.Require(WordBits is >= 4 and <= 22, "ngrams.word_bits", "4 to 22", WordBits);
        EncoderDefinition.Require(CharacterBits is >= 4 and <= 22, "ngrams.character_bits", "4 to 22", CharacterBits);
        EncoderDefinition.Require(CharacterMin >= 1 && CharacterMin <= CharacterMax, "ngrams.character_min", "1 to character_max", CharacterMin);
        EncoderDefinition.Require(CharacterMax <= 8, "ngrams.character_max", "character_min to 8", CharacterMax);
        EncoderDefinition.Require(WordMinTexts >= 1, "ngrams.word_min_texts", "at least 1", WordMinTexts);
        EncoderDefinition.Require(CharacterMinTexts >= 1, "ngrams.character_min_texts", "at least 1", CharacterMinTexts);
        foreach (var (name, weight) in new[] { ("word_weight", WordWeight), ("pair_weight", PairWeight), ("shape_weight", ShapeWeight), ("word_half", WordHalf), ("character_half", CharacterHalf) })
        {
            EncoderDefinition.Require(weight is >= 0 and <= 1000, "ngrams." + name, "0 to 1000", weight);
        }

        EncoderDefinition.RequireLadder(Widths, "ngrams.widths");
    }
}

/// <summary>The sequence of words: <c>token_ids</c>.</summary>
/// <remarks>
/// Id 0 is padding, 1 to <see cref="Vocabulary"/> are words and shapes of the training texts, most frequent first, and
/// the <see cref="PieceBuckets"/> ids after them are hashed pieces. A word that is not known gives the id of its shape
/// when it has digits and the shape is known, of &lt;part&gt; when it is a part number, and else the ids of its pieces
/// of <see cref="PieceCharacters"/> characters.
/// </remarks>
public sealed record TokenDefinition
{
    /// <summary>Most words that are known. 0 to 1,000,000.</summary>
    public int Vocabulary { get; init; } = 16_384;

    /// <summary>Fewest training texts in which a word must occur to be known.</summary>
    public int MinTexts { get; init; } = 2;

    /// <summary>Characters of a piece of an unknown word. 1 to 16.</summary>
    public int PieceCharacters { get; init; } = 3;

    /// <summary>A power of two, 2 to 65,536.</summary>
    public int PieceBuckets { get; init; } = 4096;

    /// <summary>Padded widths T. The last is the most tokens of a row; later ones are cut.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [8, 16, 32, 64];

    /// <summary>Rows of an embedding table that every id fits: 1 + Vocabulary + PieceBuckets.</summary>
    [JsonIgnore]
    public int Ids => 1 + Vocabulary + PieceBuckets;

    [JsonIgnore]
    public int MaxTokens => Widths[^1];

    internal void Validate()
    {
        EncoderDefinition.Require(Vocabulary is >= 0 and <= 1_000_000, "tokens.vocabulary", "0 to 1000000", Vocabulary);
        EncoderDefinition.Require(MinTexts >= 1, "tokens.min_texts", "at least 1", MinTexts);
        EncoderDefinition.Require(PieceCharacters is >= 1 and <= 16, "tokens.piece_characters", "1 to 16", PieceCharacters);
        EncoderDefinition.Require(
            PieceBuckets is >= 2 and <= 65_536 && (PieceBuckets & (PieceBuckets - 1)) == 0, "tokens.piece_buckets", "a power of two from 2 to 65536", PieceBuckets);
        EncoderDefinition.RequireLadder(Widths, "tokens.widths");
    }
}

/// <summary>An encoder definition or its tables that cannot be used; the message says which part, what was expected and what was found.</summary>
public sealed class EncoderFormatException : Exception
{
    public EncoderFormatException(string message)
        : base(message)
    {
    }

    public EncoderFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

internal static class EncoderDefaults
{
    /// <summary>Units, packings and sizes that follow a number on shipping papers.</summary>
    public static readonly string[] Units =
    [
        "mm", "cm", "m", "mtr", "mtrs", "km", "in", "inch", "inches", "ft", "yd", "yds", "mic", "micron", "sqm", "m2", "m3", "cbm",
        "mg", "g", "gm", "gms", "gr", "grs", "kg", "kgs", "kgm", "t", "ton", "tons", "mt", "lb", "lbs", "oz", "gsm",
        "ml", "cl", "l", "lt", "ltr", "ltrs", "litre", "litres", "liter", "liters", "gal", "gallon", "gallons", "cc",
        "v", "kv", "w", "kw", "mw", "kva", "va", "hp", "a", "amp", "amps", "ah", "mah", "hz", "khz", "mhz", "ghz", "rpm", "bar", "psi",
        "gb", "mb", "tb", "k", "c", "f", "pct", "deg", "ply", "pin", "way", "d", "st",
        "pc", "pcs", "piece", "pieces", "prs", "pr", "pair", "pairs", "set", "sets", "dz", "doz", "dozen", "unit", "units", "ea", "no", "nos",
        "ctn", "ctns", "carton", "cartons", "box", "boxes", "bx", "bag", "bags", "pkt", "pkts", "pk", "pack", "packs", "pkg", "pkgs",
        "roll", "rolls", "drum", "drums", "pallet", "pallets", "plt", "plts", "bale", "bales", "sack", "sacks", "bdl", "bdls", "bundle", "bundles",
        "btl", "btls", "bottle", "bottles", "can", "cans", "tin", "tins", "case", "cases", "cs", "sheet", "sheets",
    ];
}

internal sealed record EncoderFormat(int? FormatVersion);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EncoderDefinition))]
internal sealed partial class EncoderJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EncoderFormat))]
internal sealed partial class EncoderFormatJson : JsonSerializerContext;
