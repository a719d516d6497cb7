using CsCheck;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

/// <summary>Texts and a small fitted encoder for the tests of features.</summary>
internal static class Texts
{
    public static readonly string[] Training =
    [
        "BLUE COTTON T-SHIRT SIZE L", "cotton shirt, boys", "PLASTIC BOTTLE 500ML x 24", "plastic bottle 1 ltr",
        "STEEL BOLT M6X20 ZINC", "steel nut M6", "USED BICYCLE 26 INCH", "bicycle tyre 26\"", "COFFEE BEANS ROASTED 5KG", "green coffee beans 60 kg bag",
    ];

    public static readonly EncoderDefinition Small = new()
    {
        MaxCharacters = 128,
        Ngrams = new NgramDefinition { WordBits = 10, CharacterBits = 12, CharacterMinTexts = 1, Widths = [8, 32, 128] },
        Tokens = new TokenDefinition { Vocabulary = 64, MinTexts = 1, PieceBuckets = 32, Widths = [4, 8, 16] },
    };

    public static readonly DescriptionEncoder Encoder = EncoderFitter.Fit(Small, Training);

    /// <summary>Any UTF-16, lone surrogates and NULs included, with a leaning towards what the encoder treats apart.</summary>
    public static readonly Gen<string> Any = Gen.OneOf(
        Gen.String,
        Gen.Char.Array[0, 200].Select(units => new string(units)),
        Pick(
            "500ml", "M6X20", "m2", " ", "  ", "\t", ".", "%", "<ID>", "é", "e\u0301", "\u0301", "½", "ｶﾞ", "カ\u3099", "한", "\u1112\u1161\u11AB", "塑料水瓶",
            "\U00020000\U00020001", "\uD800", "\uDC00", "\0", "\u200B", "\uFDFA", "ß", "İ", "ﬁ", "٣", "bottle", "cotton", "12345678", "AB1234", "x")
            .Array[0, 60].Select(string.Concat));

    public static Gen<string> Pick(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    /// <summary>A copy of a row that outlives the workspace.</summary>
    public static (int[] Ids, float[] Weights, int[] Tokens, TextIssues Issues, TextProfile Profile) Copy(EncodedRow row) =>
        (row.NgramIds.ToArray(), row.NgramWeights.ToArray(), row.TokenIds.ToArray(), row.Issues, row.Profile);

    public static void AssertSame(EncodedRow expected, EncodedRow found)
    {
        Assert.Equal(expected.NgramIds, found.NgramIds);
        Assert.Equal(expected.NgramWeights, found.NgramWeights);
        Assert.Equal(expected.TokenIds, found.TokenIds);
        Assert.Equal(expected.Issues, found.Issues);
        Assert.Equal(expected.Profile, found.Profile);
    }
}
