using System.Text.Json.Nodes;

namespace HsStream.Embedded.Registry;

/// <summary>A schema as a client sends it, to be registered, looked up or tested.</summary>
/// <param name="Schema">Null or blank repeats the latest version's schema.</param>
/// <param name="Id">-1 when the registry is to choose.</param>
/// <param name="Version">0 when the registry is to choose; -1 also records the version in the metadata.</param>
internal sealed record SchemaRequest(
    string? Schema, string SchemaType, IReadOnlyList<SchemaReference> References,
    JsonObject? Metadata, JsonObject? RuleSet, int Id, int Version)
{
    /// <exception cref="FormatException">A member has the wrong type; so too InvalidOperationException.</exception>
    public static SchemaRequest Parse(JsonObject body)
    {
        if (body["schemaTagsToAdd"] is not null || body["schemaTagsToRemove"] is not null)
        {
            throw RegistryException.InvalidSchema("This registry does not edit tags inside schemas; send the schema with its tags");
        }
        return new SchemaRequest(
            (string?)body["schema"], (string?)body["schemaType"] ?? StoredSchema.Avro, RegistryJson.References(body["references"]),
            body["metadata"]?.AsObject(), body["ruleSet"]?.AsObject(), (int?)body["id"] ?? -1, (int?)body["version"] ?? 0);
    }
}

/// <summary>The one metadata property that the registry itself reads: which version its writer meant.</summary>
internal static class SchemaMetadata
{
    private const string Key = "confluent:version";

    public static string? Version(JsonObject? metadata) => metadata?["properties"] is JsonObject properties ? properties[Key]?.ToString() : null;

    public static JsonObject WithVersion(JsonObject? metadata, int version)
    {
        var copy = metadata?.DeepClone().AsObject() ?? [];
        if (copy["properties"] is not JsonObject properties) { copy["properties"] = properties = []; }
        properties[Key] = version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return copy;
    }

    public static JsonObject? WithoutVersion(JsonObject? metadata)
    {
        if (Version(metadata) is null) { return metadata; }
        var copy = metadata!.DeepClone().AsObject();
        copy["properties"]!.AsObject().Remove(Key);
        if (copy["properties"]!.AsObject().Count == 0) { copy.Remove("properties"); }
        return copy.Count == 0 ? null : copy;
    }

    /// <summary>Whether two contracts are the same, a version that only one of them names left aside.</summary>
    public static bool Matches(SchemaRequest asked, StoredSchema stored)
    {
        var (mine, theirs) = (asked.Metadata, stored.Metadata);
        if (Version(mine) is null) { theirs = WithoutVersion(theirs); }
        else if (Version(theirs) is null)
        {
            if (Version(mine) != stored.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)) { return false; }
            mine = WithoutVersion(mine);
        }
        return JsonNode.DeepEquals(mine, theirs) && JsonNode.DeepEquals(asked.RuleSet, stored.RuleSet);
    }
}
