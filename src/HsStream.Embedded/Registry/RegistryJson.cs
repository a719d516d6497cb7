using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HsStream.Embedded.Registry;

/// <summary>The JSON shapes that the log and the HTTP answers share.</summary>
internal static class RegistryJson
{
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="JsonException">Not JSON, or an object names a member twice.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8) => JsonNode.Parse(utf8, documentOptions: Strict);

    public static List<SchemaReference> References(JsonNode? node) => node is null ? [] :
        [.. node.AsArray().Select(item => item is JsonObject reference
                && (string?)reference["name"] is { } name && (string?)reference["subject"] is { } subject && (int?)reference["version"] is { } version
            ? new SchemaReference(name, subject, version)
            : throw new FormatException($"Invalid reference: expected name, subject and version, got {item?.ToJsonString() ?? "null"}"))];

    public static void AddContract(JsonObject target, StoredSchema schema)
    {
        if (schema.References.Count > 0)
        {
            target["references"] = new JsonArray([.. schema.References.Select(reference => (JsonNode)new JsonObject
            {
                ["name"] = reference.Name, ["subject"] = reference.Subject, ["version"] = reference.Version,
            })]);
        }
        if (schema.Metadata is not null) { target["metadata"] = schema.Metadata.DeepClone(); }
        if (schema.RuleSet is not null) { target["ruleSet"] = schema.RuleSet.DeepClone(); }
    }
}
