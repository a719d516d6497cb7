using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HsStream.Embedded.Registry.Avro;

namespace HsStream.Embedded.Registry;

/// <summary>A fact of the schemas topic, in the format of Confluent's registry.</summary>
internal abstract record SchemaLogRecord
{
    private SchemaLogRecord() { }

    public sealed record SchemaPut(StoredSchema Schema) : SchemaLogRecord;

    public sealed record SchemaRemoved(string Subject, int Version) : SchemaLogRecord;

    /// <summary>Every version up to and including <paramref name="Version"/> is soft-deleted.</summary>
    public sealed record SubjectDeleted(string Subject, int Version) : SchemaLogRecord;

    /// <summary>The soft-deleted schemas within the scope are gone, before an import.</summary>
    public sealed record SubjectCleared(string? Scope) : SchemaLogRecord;

    /// <param name="Scope">A subject, a context's key, or null for everything.</param>
    /// <param name="Config">Null removes the setting.</param>
    public sealed record ConfigPut(string? Scope, JsonObject? Config) : SchemaLogRecord;

    public sealed record ModePut(string? Scope, string? Mode) : SchemaLogRecord;

    public sealed record ContextPut(string Context) : SchemaLogRecord;

    /// <summary>The highest id given in each context so far.</summary>
    /// <remarks>
    /// Written with a permanent delete, as the value of the no-operation key that every registry skips. Compaction may
    /// remove the record that held the highest id; that id must still never be given to another schema.
    /// </remarks>
    public sealed record IdsUsed(IReadOnlyDictionary<string, int> MaxIds) : SchemaLogRecord;

    /// <summary>Keys are compared as bytes by compaction, so their text never varies.</summary>
    public byte[] Key() => Encoding.UTF8.GetBytes(this switch
    {
        SchemaPut put => SchemaKey(put.Schema.Subject, put.Schema.Version),
        SchemaRemoved removed => SchemaKey(removed.Subject, removed.Version),
        SubjectDeleted deleted => ScopeKey("DELETE_SUBJECT", deleted.Subject),
        SubjectCleared cleared => ScopeKey("CLEAR_SUBJECT", cleared.Scope),
        ConfigPut config => ScopeKey("CONFIG", config.Scope),
        ModePut mode => ScopeKey("MODE", mode.Scope),
        ContextPut context => $"{{\"keytype\":\"CONTEXT\",\"tenant\":\"default\",\"context\":{Quote(context.Context)},\"magic\":0}}",
        _ => "{\"keytype\":\"NOOP\",\"magic\":0}",
    });

    /// <returns>Null where the record removes what its key names.</returns>
    public byte[]? Value()
    {
        var value = this switch
        {
            SchemaPut put => SchemaValue(put.Schema),
            SubjectDeleted deleted => new JsonObject { ["subject"] = deleted.Subject, ["version"] = deleted.Version },
            SubjectCleared cleared => Scoped(cleared.Scope, []),
            ConfigPut { Config: { } config } put => Scoped(put.Scope, config.DeepClone().AsObject()),
            ModePut { Mode: { } mode } put => Scoped(put.Scope, new JsonObject { ["mode"] = mode }),
            ContextPut context => new JsonObject { ["tenant"] = "default", ["context"] = context.Context },
            IdsUsed used => new JsonObject { ["maxIds"] = new JsonObject(used.MaxIds.Select(id => KeyValuePair.Create(id.Key, (JsonNode?)id.Value))) },
            _ => null,
        };
        return value is null ? null : JsonSerializer.SerializeToUtf8Bytes(value, RegistryJson.Options);
    }

    /// <returns>Null for what this registry has no use for.</returns>
    /// <exception cref="JsonException">Not a record of a schemas topic; so too InvalidOperationException and FormatException.</exception>
    public static SchemaLogRecord? Parse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestampMs)
    {
        var name = RegistryJson.Parse(key)?.AsObject() ?? throw new JsonException("The key is null.");
        var body = hasValue && value.Length > 0 ? RegistryJson.Parse(value)?.AsObject() : null;
        var scope = (string?)name["subject"];
        switch ((string?)name["keytype"])
        {
            case "SCHEMA":
                var (subject, version) = (Required<string>(name, "subject"), Required<int>(name, "version"));
                return body is null ? new SchemaRemoved(subject, version) : new SchemaPut(ParseSchema(subject, version, body, timestampMs));
            case "DELETE_SUBJECT" when body is not null:
                return new SubjectDeleted(Required<string>(body, "subject"), Required<int>(body, "version"));
            case "CLEAR_SUBJECT" when body is not null:
                return new SubjectCleared((string?)body["subject"]);
            case "CONFIG":
                body?.Remove("subject");
                return new ConfigPut(scope, body);
            case "MODE":
                return new ModePut(scope, (string?)body?["mode"]);
            case "CONTEXT" when body is not null:
                return new ContextPut(Required<string>(name, "context"));
            case "NOOP" when body is not null && body["maxIds"] is JsonObject ids:
                return new IdsUsed(ids.ToDictionary(id => id.Key, id => (int)id.Value!));
            default:
                return null;
        }
    }

    private static StoredSchema ParseSchema(string subject, int version, JsonObject body, long timestampMs) => new(
        subject, version, Required<int>(body, "id"), Required<string>(body, "schema"), RegistryJson.References(body["references"]),
        body["metadata"]?.AsObject(), body["ruleSet"]?.AsObject(), (bool?)body["deleted"] ?? false,
        (string?)body["schemaType"] ?? StoredSchema.Avro, timestampMs);

    private static T Required<T>(JsonObject map, string key) =>
        map[key] is JsonValue value && value.TryGetValue<T>(out var found) ? found : throw new JsonException($"No {key}.");

    private static JsonObject SchemaValue(StoredSchema schema)
    {
        var value = new JsonObject { ["subject"] = schema.Subject, ["version"] = schema.Version, ["id"] = schema.Id };
        if (schema.SchemaType != StoredSchema.Avro) { value["schemaType"] = schema.SchemaType; }
        RegistryJson.AddContract(value, schema);
        value["schema"] = schema.Schema;
        value["deleted"] = schema.Deleted;
        return value;
    }

    private static JsonObject Scoped(string? scope, JsonObject rest)
    {
        if (scope is not null) { rest.Insert(0, "subject", scope); }
        return rest;
    }

    private static string SchemaKey(string subject, int version) =>
        $"{{\"keytype\":\"SCHEMA\",\"subject\":{Quote(subject)},\"version\":{version},\"magic\":1}}";

    private static string ScopeKey(string type, string? scope) =>
        scope is null ? $"{{\"keytype\":\"{type}\",\"magic\":0}}" : $"{{\"keytype\":\"{type}\",\"subject\":{Quote(scope)},\"magic\":0}}";

    private static string Quote(string text)
    {
        var builder = new StringBuilder();
        AvroText.Quote(builder, text);
        return builder.ToString();
    }
}
