using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Processing;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>Bytes that nobody vouches for: each kind has its reason, and none brings anything but a RecordException.</summary>
public sealed class DecodeRefusalTests
{
    private static readonly ProductDescription Lamp = new() { DescriptionId = "d-1", Text = "desk lamp" };

    private readonly MessageCodecs _codecs;
    private readonly FakeRegistry _registry;

    public DecodeRefusalTests() => (_codecs, _registry) = FakeRegistry.Create(new MessageLimits { MaxTextLength = 50, MaxAttributes = 2, MaxFieldLength = 60 });

    [Fact]
    public async Task Each_kind_of_poison_has_its_reason()
    {
        var good = await EncodeAsync(Lamp);
        var other = _registry.Add("""{"type":"record","name":"Other","namespace":"hsstream","fields":[{"name":"a","type":"string"}]}""");
        var scalar = _registry.Add("\"string\"");
        var json = _registry.Add("{}", Confluent.SchemaRegistry.SchemaType.Json);

        Assert.Equal(DeadLetterReasons.NullValue, await ReasonAsync(null));
        Assert.Equal(DeadLetterReasons.NotFramed, await ReasonAsync([]));
        Assert.Equal(DeadLetterReasons.NotFramed, await ReasonAsync([0, 0, 0, 0]));
        Assert.Equal(DeadLetterReasons.NotFramed, await ReasonAsync("{\"text\": \"lamp\"}"u8.ToArray()));
        Assert.Equal(DeadLetterReasons.UnknownSchema, await ReasonAsync([0, 0, 0, 3, 77, 2]));
        Assert.Equal(DeadLetterReasons.WrongSchema, await ReasonAsync([0, 0, 0, 0, (byte)other, 2, 65]));
        Assert.Equal(DeadLetterReasons.WrongSchema, await ReasonAsync([0, 0, 0, 0, (byte)scalar, 2, 65]));
        Assert.Equal(DeadLetterReasons.WrongSchema, await ReasonAsync([0, 0, 0, 0, (byte)json, 2, 65]));
        Assert.Equal(DeadLetterReasons.Unreadable, await ReasonAsync(good[..^1]));
        Assert.Equal(DeadLetterReasons.Unreadable, await ReasonAsync([.. good, 1]));
        Assert.Equal(DeadLetterReasons.EmptyText, await ReasonAsync(await EncodeAsync(Lamp with { Text = "" })));
        Assert.Equal(DeadLetterReasons.EmptyText, await ReasonAsync(await EncodeAsync(Lamp with { Text = " \t\u00A0" })));
        Assert.Equal(DeadLetterReasons.OversizeText, await ReasonAsync(await EncodeAsync(Lamp with { Text = new string('x', 51) })));
    }

    [Fact]
    public async Task A_field_that_breaks_its_rule_is_named()
    {
        await AssertFieldAsync("description_id", Lamp with { DescriptionId = "" });
        await AssertFieldAsync("description_id", Lamp with { DescriptionId = new string('d', 201) });
        await AssertFieldAsync("description_id", Lamp with { DescriptionId = "a\nb" });
        await AssertFieldAsync("source", Lamp with { Source = new string('s', 61) });
        await AssertFieldAsync("described_at", Lamp with { DescribedAt = DateTimeOffset.UnixEpoch });
        await AssertFieldAsync("described_at", Lamp with { DescribedAt = new(2999, 1, 1, 0, 0, 0, TimeSpan.Zero) });
        await AssertFieldAsync("attributes", Lamp with { Attributes = new Dictionary<string, string> { ["a"] = "", ["b"] = "", ["c"] = "" } });
        _ = await DecodeAsync(await EncodeAsync(Lamp with { DescriptionId = new string('d', 200), Text = new string('x', 50) }));
    }

    [Fact]
    public async Task Codes_that_the_edition_lacks_are_refused()
    {
        var correction = Messages.Corrections.Single() with { Code = HsStream.Domain.Nomenclature.HsCode.Parse("999999"), Edition = HsStream.Domain.Nomenclature.NomenclatureEdition.Hs2022 };
        var bytes = await _codecs.Corrections.EncodeAsync("t", correction, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<RecordException>(() => _codecs.Corrections.DecodeAsync("t", bytes, CancellationToken.None).AsTask());

        Assert.Equal(DeadLetterReasons.InvalidField, refusal.Reason);
        Assert.Contains("HS2022", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_must_be_the_message_s_own()
    {
        var value = await EncodeAsync(Lamp);
        foreach (var key in new[] { null, "d-2"u8.ToArray(), "d-1 "u8.ToArray() })
        {
            var record = new InputRecord(new RecordPosition("t", 3, 14), key, value, null, DateTimeOffset.UnixEpoch);
            var refusal = await Assert.ThrowsAsync<RecordException>(() => _codecs.Descriptions.DecodeAsync(record, CancellationToken.None).AsTask());
            Assert.Equal((DeadLetterReasons.KeyMismatch, new RecordPosition("t", 3, 14)), (refusal.Reason, refusal.Position));
        }

        var good = new InputRecord(new RecordPosition("t", 3, 14), "d-1"u8.ToArray(), value, null, DateTimeOffset.UnixEpoch);
        Assert.Equal("desk lamp", (await _codecs.Descriptions.DecodeAsync(good, CancellationToken.None)).Text);
    }

    [Fact]
    public async Task Bytes_of_any_kind_bring_a_message_or_a_refusal_and_nothing_else()
    {
        var old = _registry.Add(OldSchema);
        var wide = _registry.Add(WideSchema);
        var seeds = Gen.OneOf(
            Messages.Descriptions.Select(message => _codecs.Descriptions.Encode(1, message)),
            Messages.Predictions.Select(message => _codecs.Predictions.Encode(2, message)),
            Gen.Byte.Array[0, 200].Select(bytes => (byte[])[0, 0, 0, 0, 1, .. bytes]),
            Gen.Byte.Array[0, 60].Select(bytes => (byte[])[0, 0, 0, 0, (byte)old, .. bytes]),
            Gen.Byte.Array[0, 60].Select(bytes => (byte[])[0, 0, 0, 0, (byte)wide, .. bytes]),
            Gen.Byte.Array[0, 20]);
        _ = await EncodeAsync(Lamp);
        _ = await _codecs.Predictions.EncodeAsync("p", Messages.Predictions.Single(), CancellationToken.None);
        await Gen.Select(seeds, Gen.Int[0, 4], Gen.Int[0, 5_000], Gen.Byte).SampleAsync(
            async (seed, damage, at, with) =>
            {
                var bytes = Damage(seed, damage, at, with);
                if (bytes.Length >= 4) { bytes[1] = bytes[2] = bytes[3] = 0; }
                if (bytes.Length >= 5 && bytes[4] > 4) { bytes[4] = 1; }
                await ReadOrRefuseAsync(_codecs.Descriptions, bytes);
                await ReadOrRefuseAsync(_codecs.Predictions, bytes);
            },
            iter: 4_000);
    }

    private const string OldSchema = """{"type":"record","name":"ProductDescription","namespace":"hsstream","fields":[{"name":"description_id","type":"string"},{"name":"text","type":"string"},{"name":"nothing","type":{"type":"array","items":"null"}}]}""";
    private const string WideSchema = """{"type":"record","name":"ProductDescription","namespace":"hsstream","fields":[{"name":"text","type":"string"},{"name":"description_id","type":"string"},{"name":"m","type":{"type":"map","values":["null","bytes",{"type":"fixed","name":"F","size":7},{"type":"enum","name":"E","symbols":["A","B"]},"boolean","float","double"]}}]}""";

    private static byte[] Damage(byte[] seed, int kind, int at, byte with)
    {
        var bytes = (byte[])seed.Clone();
        if (bytes.Length == 0) { return bytes; }
        switch (kind)
        {
            case 1: bytes[at % bytes.Length] = with; break;
            case 2: bytes[at % bytes.Length] ^= (byte)(1 << (with % 8)); break;
            case 3: bytes = bytes[..(at % bytes.Length)]; break;
            case 4: bytes = [.. bytes[..(at % bytes.Length)], with, .. bytes[(at % bytes.Length)..]]; break;
        }

        return bytes;
    }

    private static async Task ReadOrRefuseAsync<T>(MessageCodec<T> codec, byte[] bytes)
        where T : class
    {
        try
        {
            Assert.NotNull(await codec.DecodeAsync("t", bytes, CancellationToken.None));
        }
        catch (RecordException e)
        {
            Assert.Contains(e.Reason, DeadLetterReasons.All);
            Assert.NotEmpty(e.Detail);
        }
    }

    private async Task AssertFieldAsync(string field, ProductDescription message)
    {
        var bytes = await EncodeAsync(message);
        var refusal = await Assert.ThrowsAsync<RecordException>(() => DecodeAsync(bytes));
        Assert.Equal(DeadLetterReasons.InvalidField, refusal.Reason);
        Assert.StartsWith(field + ": expected ", refusal.Detail, StringComparison.Ordinal);
        Assert.Contains(", got ", refusal.Detail, StringComparison.Ordinal);
    }

    private Task<byte[]> EncodeAsync(ProductDescription message) => _codecs.Descriptions.EncodeAsync("t", message, CancellationToken.None).AsTask();

    private Task<ProductDescription> DecodeAsync(byte[]? bytes) => _codecs.Descriptions.DecodeAsync("t", bytes, CancellationToken.None).AsTask();

    private async Task<string> ReasonAsync(byte[]? bytes) => (await Assert.ThrowsAsync<RecordException>(() => DecodeAsync(bytes))).Reason;
}
