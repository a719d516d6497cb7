using System.Buffers;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HsStream.Domain.Ledger;

namespace HsStream.Store.Events;

/// <summary>Events to the bytes that are stored and hashed, and back.</summary>
public sealed class EventCodec
{
    private const int SaltBytes = 16;

    private readonly FrozenDictionary<string, ILedgerUpcaster> _upcasters;
    private readonly Dictionary<Type, Shape> _shapes = [];

    public EventCodec(params IReadOnlyList<ILedgerUpcaster> upcasters)
    {
        Upcasters = upcasters;
        _upcasters = upcasters.ToFrozenDictionary(u => u.StoredName);
        foreach (var (type, name) in EventTypes.ByType)
        {
            var info = LedgerJson.Options.GetTypeInfo(type);
            _shapes[type] = new Shape(
                name, LedgerJson.PublicOptions.GetTypeInfo(type),
                info.Properties.FirstOrDefault(p => p.AttributeProvider?.IsDefined(typeof(ErasableAttribute), inherit: true) == true));
        }
    }

    public IReadOnlyList<ILedgerUpcaster> Upcasters { get; }

    /// <summary>Not thread safe in its buffers alone: <paramref name="writer"/> belongs to the caller.</summary>
    public EncodedEvent Encode(object fact, EncodeBuffer writer)
    {
        var shape = _shapes.TryGetValue(fact.GetType(), out var known) ? known
            : throw new ArgumentException($"Expected an event with a stored name, got {fact.GetType()}.", nameof(fact));
        writer.Output.ResetWrittenCount();
        writer.Json.Reset();
        JsonSerializer.Serialize(writer.Json, fact, shape.Public);
        writer.Json.Flush();
        if (shape.Erasable?.Get!(fact) is not { } erasable)
        {
            var plain = writer.Output.WrittenSpan;
            return new EncodedEvent(shape.Name, plain.ToArray(), SHA256.HashData(plain));
        }

        var open = writer.Output.WrittenSpan[..^1].ToArray();
        writer.Output.ResetWrittenCount();
        writer.Json.Reset();
        JsonSerializer.Serialize(writer.Json, erasable, shape.Erasable.PropertyType, LedgerJson.Options);
        writer.Json.Flush();
        var secret = writer.Output.WrittenSpan.ToArray();
        var salt = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SaltBytes));
        var commitment = Chain.Leaf.Commit(salt, secret);

        var output = writer.Output;
        output.ResetWrittenCount();
        output.Write(open);
        output.Write(",\"~commitment\":\""u8);
        WriteAscii(output, Convert.ToHexStringLower(commitment));
        output.Write("\"}"u8);
        var hash = SHA256.HashData(output.WrittenSpan);
        var head = output.WrittenSpan[..^1].ToArray();

        output.ResetWrittenCount();
        output.Write(head);
        output.Write(",\"~private\":"u8);
        output.Write(secret.AsSpan(..^1));
        output.Write(",\"~salt\":\""u8);
        WriteAscii(output, salt);
        output.Write("\"}}"u8);
        return new EncodedEvent(shape.Name, output.WrittenSpan.ToArray(), hash);
    }

    /// <summary>Encodes with a buffer of its own; for single events.</summary>
    public EncodedEvent Encode(object fact)
    {
        using var buffer = new EncodeBuffer();
        return Encode(fact, buffer);
    }

    /// <exception cref="LedgerFormatException">The name is unknown here, or the bytes are not that event's.</exception>
    public object Decode(string storedName, ReadOnlySpan<byte> json)
    {
        try
        {
            if (_upcasters.TryGetValue(storedName, out var upcaster))
            {
                using var document = JsonDocument.Parse(json.ToArray());
                return upcaster.Upcast(document.RootElement);
            }

            return EventTypes.ByName.TryGetValue(storedName, out var type)
                ? JsonSerializer.Deserialize(json, type, LedgerJson.Options)!
                : throw new LedgerFormatException($"The ledger holds an event '{storedName}', which this version does not know; a newer version wrote it.");
        }
        catch (Exception e) when (e is JsonException or FormatException or Domain.Nomenclature.NomenclatureException)
        {
            throw new LedgerFormatException($"An event '{storedName}' cannot be read: {e.GetType().Name} at {(e as JsonException)?.Path ?? "an unknown place"}.", e);
        }
    }

    private static void WriteAscii(ArrayBufferWriter<byte> output, string text) => output.Write(System.Text.Encoding.ASCII.GetBytes(text));

    private sealed record Shape(string Name, JsonTypeInfo Public, JsonPropertyInfo? Erasable);
}

/// <param name="Json">As it is stored.</param>
/// <param name="DataHash">SHA-256 over the canonical JSON without the erasable part; see <see cref="Chain.Leaf"/>.</param>
public readonly record struct EncodedEvent(string Type, byte[] Json, byte[] DataHash);

/// <summary>Reused by one thread, event after event.</summary>
public sealed class EncodeBuffer : IDisposable
{
    public EncodeBuffer()
    {
        Output = new ArrayBufferWriter<byte>(8 * 1024);
        Json = new Utf8JsonWriter(Output, new JsonWriterOptions { Encoder = CanonicalEncoder.Instance, SkipValidation = true });
    }

    internal ArrayBufferWriter<byte> Output { get; }

    internal Utf8JsonWriter Json { get; }

    public void Dispose() => Json.Dispose();
}

/// <summary>Reads an older stored event as today's.</summary>
public interface ILedgerUpcaster
{
    /// <summary>The old name; it stays in the store as it is.</summary>
    string StoredName { get; }

    /// <summary>What it becomes.</summary>
    Type EventType { get; }

    object Upcast(JsonElement stored);
}

/// <summary>The ledger holds what this version cannot read.</summary>
public sealed class LedgerFormatException(string message, Exception? inner = null) : Exception(message, inner);
