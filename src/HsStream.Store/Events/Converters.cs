using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.Store.Events;

internal sealed class TextConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => SafeText.Decode(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(SafeText.Encode(value));

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SafeText.Decode(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(SafeText.Encode(value));
}

internal sealed class CodeConverter : JsonConverter<HsCode>
{
    public override HsCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } text ? HsCode.Parse(text) : default;

    public override void Write(Utf8JsonWriter writer, HsCode value, JsonSerializerOptions options)
    {
        Span<char> digits = stackalloc char[6];
        value.TryFormat(digits, out var length);
        writer.WriteStringValue(digits[..length]);
    }
}

internal sealed class EditionConverter : JsonConverter<NomenclatureEdition>
{
    public override NomenclatureEdition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        NomenclatureEdition.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, NomenclatureEdition value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}

internal sealed class SingleConverter : JsonConverter<float>
{
    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetSingle();

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options) => Write(writer, value);

    public static void Write(Utf8JsonWriter writer, float value)
    {
        Span<byte> digits = stackalloc byte[32];
        if (float.IsFinite(value) && value != 0 && value.TryFormat(digits, out var length, "R", null) && !digits[..length].Contains((byte)'E'))
        {
            writer.WriteRawValue(digits[..length], skipInputValidation: true);
            return;
        }

        writer.WriteRawValue(CanonicalNumber.Format(value), skipInputValidation: true);
    }
}

internal sealed class DoubleConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
        writer.WriteRawValue(CanonicalNumber.Format(value), skipInputValidation: true);
}

/// <summary>Instants as UTC, to the tick.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}

/// <summary>["851660",0.83]: rankings are most of a prediction's bytes.</summary>
internal sealed class RankedCodeConverter : JsonConverter<CodeProbability>
{
    public override CodeProbability Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray || !reader.Read()) { throw new JsonException("Expected [code, probability]."); }
        var code = HsCode.Parse(reader.GetString()!);
        reader.Read();
        var probability = reader.GetSingle();
        reader.Read();
        return reader.TokenType == JsonTokenType.EndArray ? new CodeProbability(code, probability) : throw new JsonException("Expected [code, probability].");
    }

    public override void Write(Utf8JsonWriter writer, CodeProbability value, JsonSerializerOptions options)
    {
        Span<char> digits = stackalloc char[6];
        value.Code.TryFormat(digits, out var length);
        writer.WriteStartArray();
        writer.WriteStringValue(digits[..length]);
        SingleConverter.Write(writer, value.Probability);
        writer.WriteEndArray();
    }
}

/// <summary>Maps with their keys in order, as <see cref="CanonicalJson"/> wants them.</summary>
internal sealed class SortedMapConverter<T> : JsonConverter<IReadOnlyDictionary<string, T>>
{
    public override IReadOnlyDictionary<string, T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize<Dictionary<string, T>>(ref reader, options)!;

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, T> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, item) in value.Select(p => (Name: SafeText.Encode(p.Key), p.Value)).OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, item, options);
        }

        writer.WriteEndObject();
    }
}
