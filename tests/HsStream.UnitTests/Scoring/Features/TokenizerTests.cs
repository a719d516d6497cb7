using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

public sealed class TokenizerTests
{
    [Theory]
    [InlineData("BOTTLE 500ML", "bottle 500 ml")]
    [InlineData("1.5HP pump 8X8M", "1 5 hp pump 8x8m")]
    [InlineData("bolt M6x20 45m2", "bolt m6x20 45 m2")]
    [InlineData("塑料水瓶 500ml", "塑料 料水 水瓶 500 ml")]
    [InlineData("塑 bag塑料x", "塑 bag 塑料 x")]
    [InlineData("\U00020000\U00020001\U00020002", "\U00020000\U00020001 \U00020001\U00020002")]
    public void Words_units_and_pairs_are_cut(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Texts.Encoder.Trace(text).Select(token => token.Word)));

    [Fact]
    public void Splitting_can_be_switched_off()
    {
        var encoder = EncoderFitter.Fit(Texts.Small with { SplitUnits = false, SplitUnspaced = false }, []);
        Assert.Equal(["塑料水瓶", "500ml"], encoder.Trace("塑料水瓶 500ml").Select(token => token.Word));
    }

    [Theory]
    [InlineData("Crème 500ML, ﬁlter", "Crème|500|ML|ﬁlter")]
    [InlineData("𝐁𝐨𝐥𝐭-塑料水", "𝐁𝐨𝐥𝐭|塑料|料水")]
    [InlineData("a cafe\u0301s b", "a|cafe\u0301s|b")]
    public void Words_are_found_again_in_the_text(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Texts.Encoder.Trace(text).Select(token => text.Substring(token.Start, token.Length))));

    [Theory]
    [InlineData("AB1234", true)]
    [InlineData("m6x20", true)]
    [InlineData("m6", false)]
    [InlineData("123456", true)]
    [InlineData("12345", false)]
    [InlineData("abcdef", false)]
    public void Part_numbers_are_told_from_words_and_sizes(string word, bool expected)
    {
        var encoder = EncoderFitter.Fit(Texts.Small, [word + " bolt"]);
        var form = word.All(char.IsAsciiDigit) ? TokenForm.Number : word.Any(char.IsAsciiDigit) ? TokenForm.Mixed : TokenForm.Word;
        Assert.Equal(expected, new Tokenizer(encoder.Definition).IsPartNumber(word, form));
    }

    [Fact]
    public void A_number_has_the_shape_of_its_unit_glued_or_apart()
    {
        var encoder = EncoderFitter.Fit(Texts.Small, ["500ml"]);
        var glued = Texts.Copy(encoder.Encode("750ml", encoder.CreateWorkspace()));
        var apart = Texts.Copy(encoder.Encode("750 ml", encoder.CreateWorkspace()));
        Assert.Equal(glued.Tokens, apart.Tokens);
        Assert.Equal(glued.Ids, apart.Ids);
        Assert.All(glued.Tokens, id => Assert.InRange(id, 1, 64));
    }

    [Fact]
    public void An_unknown_word_falls_back_to_its_pieces_and_an_unknown_part_number_to_one_token()
    {
        var encoder = EncoderFitter.Fit(Texts.Small, ["pump AB1234", "pump CD5678"]);
        var workspace = encoder.CreateWorkspace();
        var word = Texts.Copy(encoder.Encode("flanges", workspace)).Tokens;
        var part = Texts.Copy(encoder.Encode("EF-XY9999", workspace)).Tokens;
        Assert.Equal(3, word.Length);
        Assert.All(word, id => Assert.InRange(id, 65, 96));
        Assert.InRange(part[^1], 1, 64);
    }
}
