using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Domain.Nomenclature;

namespace HsStream.UnitTests.Streaming;

/// <summary>Messages as JSON, so that they compare by what they hold.</summary>
internal static class MessageJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new TextConverter<HsCode>(), new TextConverter<NomenclatureEdition>() },
    };

    public static string Of(object message) => JsonSerializer.Serialize(message, Options);

    private sealed class TextConverter<T> : JsonConverter<T>
        where T : notnull
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
