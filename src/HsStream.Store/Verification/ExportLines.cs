using System.Buffers;
using System.Globalization;
using System.Text.Json;
using HsStream.Store.Chain;
using HsStream.Store.Events;

namespace HsStream.Store.Verification;

/// <summary>The lines of an export: header, then each seal followed by its chosen events, then an end line.</summary>
internal static class ExportLines
{
    public const int Format = 1;

    private static readonly JsonWriterOptions Compact = new() { Encoder = CanonicalEncoder.Instance, SkipValidation = true };

    public static ReadOnlyMemory<byte> Header(ExportSelection selection, Seal head, DateTimeOffset at) => Line(json =>
    {
        json.WriteString("kind", "ledger-export");
        json.WriteNumber("format", Format);
        json.WriteString("head", head.Name);
        json.WriteString("exportedAt", at.UtcDateTime);
        if (selection.DescriptionId is { } id) { json.WriteString("descriptionId", SafeText.Encode(id)); }
        else
        {
            json.WriteNumber("fromSequence", selection.FromSequence);
            json.WriteNumber("toSequence", Math.Min(selection.ToSequence, head.LastSequence));
        }
    });

    public static ReadOnlyMemory<byte> Of(Seal seal) => Line(json =>
    {
        json.WriteString("kind", "seal");
        json.WriteNumber("number", seal.Number);
        json.WriteNumber("firstSequence", seal.FirstSequence);
        json.WriteNumber("count", seal.Count);
        json.WriteString("sealedAt", Instant(seal.SealedAt));
        json.WriteString("advances", seal.Advances);
        json.WriteString("root", Convert.ToHexStringLower(seal.Root));
        json.WriteString("previous", Convert.ToHexStringLower(seal.Previous));
        json.WriteString("hash", Convert.ToHexStringLower(seal.Hash));
    });

    public static ReadOnlyMemory<byte> Of(VerifiedEvent stored, long seal, IReadOnlyList<byte[]> proof) => Line(json =>
    {
        json.WriteString("kind", "event");
        json.WriteNumber("seal", seal);
        json.WriteNumber("sequence", stored.Sequence);
        json.WriteString("id", stored.Id);
        json.WriteString("stream", stored.StreamId);
        json.WriteNumber("version", stored.Version);
        json.WriteString("type", stored.Type);
        json.WriteString("recordedAt", Instant(stored.Timestamp));
        json.WritePropertyName("data");
        json.WriteRawValue(stored.Json, skipInputValidation: true);
        json.WriteStartArray("proof");
        foreach (var hash in proof) { json.WriteStringValue(Convert.ToHexStringLower(hash)); }
        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> End(long seals, long events) => Line(json =>
    {
        json.WriteString("kind", "end");
        json.WriteNumber("seals", seals);
        json.WriteNumber("events", events);
    });

    public static Seal ReadSeal(JsonElement line) => new(
        line.GetProperty("number").GetInt64(), line.GetProperty("firstSequence").GetInt64(), line.GetProperty("count").GetInt32(),
        line.GetProperty("sealedAt").GetDateTimeOffset(), line.GetProperty("advances").GetString()!, Hex(line.GetProperty("root")),
        Hex(line.GetProperty("previous")), Hex(line.GetProperty("hash")));

    public static VerifiedEvent ReadEvent(JsonElement line) => new(
        line.GetProperty("sequence").GetInt64(), line.GetProperty("id").GetGuid(), line.GetProperty("stream").GetString()!, line.GetProperty("version").GetInt64(),
        line.GetProperty("type").GetString()!, line.GetProperty("recordedAt").GetDateTimeOffset(), System.Text.Encoding.UTF8.GetBytes(line.GetProperty("data").GetRawText()));

    public static IReadOnlyList<byte[]> ReadProof(JsonElement line) => [.. line.GetProperty("proof").EnumerateArray().Select(Hex)];

    private static byte[] Hex(JsonElement text) => Convert.FromHexString(text.GetString()!);

    private static string Instant(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static ReadOnlyMemory<byte> Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}

/// <summary>What to export: a range of events, or everything about one description id.</summary>
public sealed record ExportSelection
{
    public long FromSequence { get; init; } = 1;

    /// <summary>Inclusive; what lies behind the head is cut.</summary>
    public long ToSequence { get; init; } = long.MaxValue;

    public string? DescriptionId { get; init; }
}
