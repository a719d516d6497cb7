using System.Text;
using System.Text.Json;
using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Service.Console;
using HsStream.Streaming.Codecs;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Service.Console;

public sealed class DescriptionJsonTests
{
    private static readonly DescriptionJson Json = new(
        new MessageLimits { MaxTextLength = 20, MaxAttributes = 2, MaxFieldLength = 10 }, new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void Every_member_reaches_the_description()
    {
        Assert.Null(Read(
            """{"description_id":"INV/2024-1.a","text":"USED RICE COOKER","source":"erp","declared_code":"8516.60","described_at":"2026-01-31T10:00:00+02:00","attributes":{"shipment":"7"}}""",
            out var description));
        Assert.Equal(
            ("INV/2024-1.a", "USED RICE COOKER", "erp", "8516.60", new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero)),
            (description!.DescriptionId, description.Text, description.Source, description.DeclaredCode, description.DescribedAt));
        Assert.Equal(TimeSpan.Zero, description.DescribedAt!.Value.Offset);
        Assert.Equal(new Dictionary<string, string> { ["shipment"] = "7" }, description.Attributes);
    }

    [Fact]
    public void Text_alone_is_enough_and_gets_a_made_id()
    {
        Assert.Null(Read("""{"text":"LAMP","source":null,"described_at":null,"attributes":null,"description_id":null}""", out var description));
        Assert.Equal(("made", "LAMP", null, null), (description!.DescriptionId, description.Text, description.Source, description.DescribedAt));
    }

    [Theory]
    [InlineData("", "body", "byte 0")]
    [InlineData("{", "body", "one JSON object")]
    [InlineData("[]", "body", "an array")]
    [InlineData("\"text\"", "body", "a string")]
    [InlineData("{\"text\":\"LAMP\"} {}", "body", "one JSON object")]
    [InlineData("{\"text\":\"LAMP\",\"text\":\"BOLT\"}", "body", "no member twice")]
    [InlineData("{}", "text", "got none")]
    [InlineData("{\"text\":null}", "text", "got none")]
    [InlineData("{\"text\":\"\"}", "text", "an empty text")]
    [InlineData("{\"text\":\" \\t\\n\"}", "text", "white space")]
    [InlineData("{\"text\":7}", "text", "a number")]
    [InlineData("{\"text\":[\"LAMP\"]}", "text", "an array")]
    [InlineData("{\"text\":\"\\ud800\"}", "text", "half of a surrogate pair")]
    [InlineData("{\"text\":\"A\\u0000B\"}", "text", "NUL")]
    [InlineData("{\"text\":\"123456789012345678901\"}", "text", "at most 20 characters, got 21")]
    [InlineData("{\"text\":\"LAMP\",\"colour\":\"red\"}", "colour", "no members but")]
    [InlineData("{\"text\":\"LAMP\",\"Text\":\"red\"}", "Text", "no members but")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":\"../../x\"}", "description_id", "'../../x'")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":\"a/../x\"}", "description_id", "'a/../x'")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":\"/x\"}", "description_id", "'/x'")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":\"a b\"}", "description_id", "'a b'")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":\"\"}", "description_id", "''")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":7}", "description_id", "a number")]
    [InlineData("{\"text\":\"LAMP\",\"declared_code\":851660}", "declared_code", "a number")]
    [InlineData("{\"text\":\"LAMP\",\"described_at\":1700000000}", "described_at", "a number")]
    [InlineData("{\"text\":\"LAMP\",\"described_at\":\"yesterday\"}", "described_at", "'yesterday'")]
    [InlineData("{\"text\":\"LAMP\",\"described_at\":\"2026-01-31T10:00:00\"}", "described_at", "offset")]
    [InlineData("{\"text\":\"LAMP\",\"described_at\":\"2026-02-02T10:00:00Z\"}", "described_at", "tomorrow")]
    [InlineData("{\"text\":\"LAMP\",\"described_at\":\"0001-01-01T00:00:00Z\"}", "described_at", "1988")]
    [InlineData("{\"text\":\"LAMP\",\"attributes\":[]}", "attributes", "an array")]
    [InlineData("{\"text\":\"LAMP\",\"attributes\":{\"a\":1}}", "attributes.a", "a number")]
    [InlineData("{\"text\":\"LAMP\",\"attributes\":{\"a\":null}}", "attributes.a", "null")]
    [InlineData("{\"text\":\"LAMP\",\"attributes\":{\"a\":\"12345678901\"}}", "attributes.a", "at most 10 characters")]
    [InlineData("{\"text\":\"LAMP\",\"attributes\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}", "attributes", "at most 2")]
    public void What_is_wrong_is_named_with_field_rule_and_what_arrived(string json, string field, string says)
    {
        var refusal = Read(json, out var description);
        Assert.Null(description);
        Assert.Equal(field, refusal!.Field);
        Assert.Contains(says, refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(400, refusal.Status);
    }

    [Fact]
    public void An_id_of_300_characters_is_refused_with_its_length() =>
        Assert.Contains("got 300 characters", Read($$"""{"text":"LAMP","description_id":"{{new string('a', 300)}}"}""", out _)!.Detail, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused() =>
        Assert.Equal("body", Json.Read(new byte[] { (byte)'{', 0xFF, (byte)'}' }, () => "made", out _)!.Field);

    [Fact]
    public void A_refusal_never_quotes_the_text()
    {
        const string Secret = "PRIVATE GOODS";
        foreach (var json in (string[])[$$"""{"text":"{{Secret}}",}""", $$"""{"text":"{{Secret}} {{Secret}}"}""", $$"""{"text":"{{Secret}}" "x":1}""", $$"""{"text":"{{Secret}}"""])
        {
            Assert.DoesNotContain("PRIVATE", Read(json, out _)!.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_bytes_arrive_are_a_valid_description_or_a_refusal()
    {
        var texts = Gen.OneOf(
            Gen.Byte.Array[0, 60],
            Gen.String[Gen.Char.AlphaNumeric, 0, 30].Select(Encoding.UTF8.GetBytes),
            Gen.Select(Gen.Int[0, Members.Length - 1].Select(i => Members[i]), Gen.Int[0, Values.Length - 1].Select(i => Values[i]), Gen.Int[0, Members.Length - 1].Select(i => Members[i]), Gen.Int[0, Values.Length - 1].Select(i => Values[i]))
                .Select(m => Encoding.UTF8.GetBytes($"{{\"{m.Item1}\":{m.Item2},\"{m.Item3}\":{m.Item4}}}")));
        texts.Sample(bytes =>
        {
            var refusal = Json.Read(bytes, () => "made", out var description);
            Assert.Equal(refusal is null, description is not null);
            if (description is not null)
            {
                Assert.False(string.IsNullOrWhiteSpace(description.Text));
                Assert.InRange(description.DescriptionId.Length, 1, 200);
                Assert.Null(Json.Read(JsonSerializer.SerializeToUtf8Bytes(new { description_id = description.DescriptionId, text = description.Text }), () => "", out _));
            }
            else
            {
                Assert.NotEmpty(refusal!.Detail);
            }
        });
    }

    private static readonly string[] Members = ["text", "description_id", "source", "attributes", "described_at", "declared_code", "\\ud800", "x"];
    private static readonly string[] Values = ["\"LAMP\"", "null", "1", "{}", "[]", "{\"a\":\"b\"}", "\"\\udc00\"", "\"2026-01-01T00:00:00Z\"", "true", "1e999", "\"\\u0000\""];

    private static Refusal? Read(string json, out ProductDescription? description) => Json.Read(Encoding.UTF8.GetBytes(json), () => "made", out description);
}
