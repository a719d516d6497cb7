using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Domain.Nomenclature;

namespace HsStream.Service.Console;

/// <summary>How events of the ledger are written for HTTP: names in snake_case, codes as digits, words of enumerations in upper case.</summary>
internal static class EventJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new CodeWriter(), new EditionWriter(), new DurationWriter(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class CodeWriter : JsonConverter<HsCode>
    {
        public override HsCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => HsCode.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, HsCode value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    private sealed class EditionWriter : JsonConverter<NomenclatureEdition>
    {
        public override NomenclatureEdition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => NomenclatureEdition.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, NomenclatureEdition value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
    }

    /// <summary>Seconds, as everywhere in metrics.</summary>
    private sealed class DurationWriter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
    }
}
