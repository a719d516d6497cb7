using System.Text;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

public sealed class EncoderFilesTests
{
    [Fact]
    public void An_encoder_read_back_gives_the_same_rows_and_hash()
    {
        var (json, tables) = Texts.Encoder.ToBytes();
        var read = DescriptionEncoder.Open(json, tables);
        Assert.Equal(Texts.Encoder.Hash, read.Hash);
        foreach (var text in Texts.Training.Append("unknown words 99kg"))
        {
            Texts.AssertSame(Texts.Encoder.Encode(text, Texts.Encoder.CreateWorkspace()), read.Encode(text, read.CreateWorkspace()));
        }
    }

    [Fact]
    public void The_order_of_the_training_texts_does_not_matter() =>
        Assert.Equal(Texts.Encoder.Hash, EncoderFitter.Fit(Texts.Small, Texts.Training.Reverse()).Hash);

    [Fact]
    public void Another_parameter_or_other_texts_are_another_hash()
    {
        Assert.NotEqual(Texts.Encoder.Hash, EncoderFitter.Fit(Texts.Small with { MaxCharacters = 127 }, Texts.Training).Hash);
        Assert.NotEqual(Texts.Encoder.Hash, EncoderFitter.Fit(Texts.Small, Texts.Training.Append("more")).Hash);
    }

    [Fact]
    public void A_definition_read_back_is_the_same_text()
    {
        var json = Texts.Small.ToJson();
        Assert.Equal(json, EncoderDefinition.Parse(json).ToJson());
    }

    [Theory]
    [InlineData("\"format_version\":1", "\"format_version\":2", "format_version 2; this version reads 1")]
    [InlineData("\"format_version\":1,", "", "format_version missing")]
    [InlineData("\"max_characters\":128", "\"max_characters\":1", "max_characters must be 16 to 16384, and is 1")]
    [InlineData("\"max_characters\":128", "\"max_chars\":128", "max_chars")]
    [InlineData("nfkc-lower-unaccented.1", "other", "folding must be nfkc-lower-unaccented.1, and is other")]
    [InlineData("\"word_bits\":10", "\"word_bits\":40", "ngrams.word_bits must be 4 to 22, and is 40")]
    [InlineData("\"widths\":[4,8,16]", "\"widths\":[8,4]", "tokens.widths")]
    [InlineData("\"widths\":[4,8,16]", "\"widths\":null", "widths")]
    [InlineData("\"piece_buckets\":32", "\"piece_buckets\":33", "a power of two")]
    [InlineData("{", "", "cannot be read")]
    public void A_definition_that_cannot_be_used_says_what_is_wrong(string from, string to, string expected)
    {
        var json = Encoding.UTF8.GetString(Texts.Small.ToJson());
        Assert.Contains(from, json, StringComparison.Ordinal);
        var at = json.IndexOf(from, StringComparison.Ordinal);
        var broken = json[..at] + to + json[(at + from.Length)..];
        var error = Assert.Throws<EncoderFormatException>(() => EncoderDefinition.Parse(Encoding.UTF8.GetBytes(broken)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_of_another_length_or_definition_are_refused()
    {
        var (json, tables) = Texts.Encoder.ToBytes();
        Assert.Throws<EncoderFormatException>(() => DescriptionEncoder.Open(json, tables.AsSpan(0, tables.Length - 1)));
        Assert.Throws<EncoderFormatException>(() => DescriptionEncoder.Open(json, [.. tables, 0]));
        Assert.Throws<EncoderFormatException>(() => DescriptionEncoder.Open(json, []));
        var other = (Texts.Small with { Ngrams = Texts.Small.Ngrams with { WordBits = 9 } }).ToJson();
        Assert.Contains("buckets", Assert.Throws<EncoderFormatException>(() => DescriptionEncoder.Open(other, tables)).Message, StringComparison.Ordinal);
        tables[20] = tables[21] = tables[22] = tables[23] = 0xFF;
        Assert.Contains("idf level 0", Assert.Throws<EncoderFormatException>(() => DescriptionEncoder.Open(json, tables)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_logarithm_agrees_with_the_librarys()
    {
        for (var x = 1; x < 100_000; x += 7)
        {
            Assert.Equal(Math.Log(x), FixedMath.Log(x), 1e-14);
            Assert.Equal(Math.Log(1.0 / x), FixedMath.Log(1.0 / x), 1e-14);
        }
    }

    [Fact]
    public void The_input_hash_is_the_sha_256_of_the_utf_8_text()
    {
        Span<byte> hash = stackalloc byte[32];
        foreach (var text in new[] { "", "café", new string('é', 5000), "\uD800" })
        {
            DescriptionEncoder.HashInput(text, hash);
            Assert.Equal(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)), hash);
        }
    }
}
