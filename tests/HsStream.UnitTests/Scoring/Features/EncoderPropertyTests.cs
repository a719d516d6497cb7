using System.Text;
using CsCheck;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

public sealed class EncoderPropertyTests
{
    [Fact]
    public void Any_text_gives_a_row_of_length_1_or_0_with_rising_ids_in_range() =>
        Texts.Any.Sample(text =>
        {
            var row = Texts.Encoder.Encode(text, Texts.Encoder.CreateWorkspace());
            var squares = 0.0;
            for (var i = 0; i < row.NgramIds.Length; i++)
            {
                squares += (double)row.NgramWeights[i] * row.NgramWeights[i];
                Assert.InRange(row.NgramIds[i], i == 0 ? 1 : row.NgramIds[i - 1] + 1, Texts.Small.Ngrams.Buckets - 1);
                Assert.True(row.NgramWeights[i] > 0);
            }

            Assert.Equal(row.NgramIds.Length == 0 ? 0 : 1, squares, 1e-5);
            Assert.Equal(row.NgramIds.Length == 0, row.Issues.HasFlag(TextIssues.NoKnownFeatures));
            Assert.InRange(row.NgramIds.Length, 0, Texts.Small.Ngrams.MaxFeatures);
            foreach (var token in row.TokenIds)
            {
                Assert.InRange(token, 1, Texts.Small.Tokens.Ids - 1);
            }
        });

    [Fact]
    public void The_state_of_the_buffers_never_shows() =>
        Texts.Any.Array[1, 10].Sample(texts =>
        {
            var used = Texts.Encoder.CreateWorkspace();
            foreach (var text in texts)
            {
                Texts.AssertSame(Texts.Encoder.Encode(text, Texts.Encoder.CreateWorkspace()), Texts.Encoder.Encode(text, used));
            }
        });

    [Fact]
    public void Utf8_and_utf16_of_a_text_give_the_same_row() =>
        Texts.Any.Sample(text => Texts.AssertSame(
            Texts.Encoder.Encode(text, Texts.Encoder.CreateWorkspace()),
            Texts.Encoder.Encode(Encoding.UTF8.GetBytes(text), Texts.Encoder.CreateWorkspace())));

    [Fact]
    public void Any_bytes_give_the_row_of_their_decoded_text() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Texts.AssertSame(
            Texts.Encoder.Encode(Encoding.UTF8.GetString(bytes), Texts.Encoder.CreateWorkspace()),
            Texts.Encoder.Encode(bytes, Texts.Encoder.CreateWorkspace())));

    [Fact]
    public void A_batch_holds_the_row_of_each_text() =>
        Texts.Any.Array[0, 8].Sample(texts =>
        {
            var batch = new EncodedBatch(Texts.Encoder);
            batch.Add("left over from the batch before");
            batch.Clear();
            foreach (var text in texts)
            {
                batch.Add(text);
            }

            for (var i = 0; i < texts.Length; i++)
            {
                var row = Texts.Encoder.Encode(texts[i], Texts.Encoder.CreateWorkspace());
                Assert.Equal(row.NgramIds, batch.NgramIds(i));
                Assert.Equal(row.NgramWeights, batch.NgramWeights(i));
                Assert.Equal(row.TokenIds, batch.TokenIds(i));
                Assert.Equal((row.Issues, row.Profile), (batch.Issues(i), batch.Profile(i)));
            }
        });

    [Fact]
    public void Every_word_is_traced_to_a_place_inside_the_text() =>
        Texts.Any.Sample(text =>
        {
            var tokens = Texts.Encoder.Trace(text);
            var at = 0;
            foreach (var token in tokens)
            {
                Assert.True(token.Start >= at && token.Length >= 1 && token.Start + token.Length <= text.Length);
                at = token.Start;
            }
        });

    [Fact]
    public void Case_accents_and_punctuation_change_nothing() =>
        Texts.Pick("Bottle", "COTTON", "café", "m6x20", "500ml").Array[1, 12].Sample(words => Texts.AssertSame(
            Texts.Encoder.Encode(string.Join(' ', words), Texts.Encoder.CreateWorkspace()),
            Texts.Encoder.Encode("«" + string.Join(", ", words).ToUpperInvariant().Replace("É", "E", StringComparison.Ordinal) + "»!", Texts.Encoder.CreateWorkspace())));

    [Theory]
    [InlineData("", TextIssues.Empty | TextIssues.NoKnownFeatures | TextIssues.NoKnownWords)]
    [InlineData("... -- ,", TextIssues.Empty | TextIssues.NoKnownFeatures | TextIssues.NoKnownWords)]
    [InlineData("\0\0", TextIssues.Empty | TextIssues.NoKnownFeatures | TextIssues.NoKnownWords | TextIssues.ControlCharacters)]
    [InlineData("жжж", TextIssues.NoKnownFeatures | TextIssues.NoKnownWords)]
    [InlineData("cotton", TextIssues.None)]
    public void What_is_odd_about_a_text_is_said(string text, object expected) =>
        Assert.Equal(expected, Texts.Encoder.Encode(text, Texts.Encoder.CreateWorkspace()).Issues);

    [Fact]
    public void A_text_of_100_kB_is_cut_and_flagged()
    {
        var text = string.Join(' ', Enumerable.Range(0, 20_000).Select(i => $"w{i % 77}{(char)('a' + (i % 26))}"));
        var row = Texts.Encoder.Encode(text, Texts.Encoder.CreateWorkspace());
        Assert.True(row.Issues.HasFlag(TextIssues.Truncated | TextIssues.TokensCut));
        Texts.AssertSame(row, Texts.Encoder.Encode(text[..128] + new string('z', 1000), Texts.Encoder.CreateWorkspace()));
    }
}
