using System.Text.Json;
using System.Text.Json.Nodes;
using Avro;

namespace HsStream.Streaming.Codecs;

/// <summary>Reads schemas for the sake of the bytes they describe.</summary>
internal static class AvroSchemas
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 200 };

    /// <summary>Logical types are left out: they change no byte, and their conversions refuse values that the bytes can hold.</summary>
    /// <exception cref="SchemaParseException">It is no Avro schema.</exception>
    public static Schema Parse(string text, SchemaNames? names = null)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text, documentOptions: Deep);
        }
        catch (JsonException)
        {
            // A bare name, such as string, is a schema too.
            return Schema.Parse(text);
        }

        Strip(root);
        var plain = root?.ToJsonString() ?? "null";
        return names is null ? Schema.Parse(plain) : NamedParse(plain, names);
    }

    private static Schema NamedParse(string plain, SchemaNames names) => Schema.Parse(plain, names);

    private static void Strip(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject schema:
                schema.Remove("logicalType");
                schema.Remove("doc");
                foreach (var (name, child) in schema)
                {
                    if (name is not "default") { Strip(child); }
                }

                break;
            case JsonArray list:
                foreach (var child in list) { Strip(child); }
                break;
        }
    }
}
