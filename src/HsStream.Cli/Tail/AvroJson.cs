using System.Text.Json.Nodes;
using Avro;
using Avro.Generic;
using Avro.IO;

namespace HsStream.Cli.Tail;

/// <summary>Avro values as JSON that people read: a union's value as it is, bytes as hexadecimal digits, times as ISO 8601.</summary>
internal static class AvroJson
{
    /// <exception cref="AvroException">The bytes are not the schema's.</exception>
    public static JsonNode? Decode(Avro.Schema schema, Stream bytes) =>
        ToJson(new GenericDatumReader<object?>(schema, schema).Read(null, new BinaryDecoder(bytes)));

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        GenericRecord record => new JsonObject(record.Schema.Fields.Select(field => KeyValuePair.Create(field.Name, ToJson(record.GetValue(field.Pos))))),
        GenericEnum symbol => symbol.Value,
        GenericFixed bytes => Convert.ToHexStringLower(bytes.Value),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        string text => text,
        bool truth => truth,
        int number => number,
        long number => number,
        float number => Number(number),
        double number => Number(number),
        DateTime time => time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
        System.Collections.IDictionary map => Map(map),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToJson)]),
        var other => other.ToString(),
    };

    /// <summary>JSON has no word for a number that is none.</summary>
    private static JsonValue Number(float value) => float.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static JsonValue Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static JsonObject Map(System.Collections.IDictionary map)
    {
        var json = new JsonObject();
        foreach (System.Collections.DictionaryEntry entry in map) { json[(string)entry.Key] = ToJson(entry.Value); }
        return json;
    }
}
