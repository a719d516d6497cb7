using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace HsStream.Embedded.Registry;

/// <summary>Names a schema that another one takes types from. Version -1 asks for the latest.</summary>
internal sealed record SchemaReference(string Name, string Subject, int Version);

/// <summary>One version of a subject, as it stands in the log.</summary>
/// <param name="Metadata">Kept and returned as it came, like <paramref name="RuleSet"/>; part of what makes schemas differ.</param>
/// <param name="TimestampMs">The log record's time; 0 until it has been read back.</param>
internal sealed record StoredSchema(
    string Subject, int Version, int Id, string Schema, IReadOnlyList<SchemaReference> References,
    JsonObject? Metadata, JsonObject? RuleSet, bool Deleted = false, string SchemaType = StoredSchema.Avro, long TimestampMs = 0)
{
    public const string Avro = "AVRO";

    /// <summary>Two schemas of a context have the same id exactly when they have the same identity.</summary>
    /// <remarks>The whole text and no hash: whoever can make two texts collide must not get one read as the other.</remarks>
    public string Identity { get; } = References.Count == 0 && Metadata is null && RuleSet is null ? Schema : string.Concat(
        Schema, "\0",
        string.Concat(References.Select(reference => $"{reference.Name}\0{reference.Subject}\0{reference.Version}\0")), "\0",
        Canonical(Metadata), "\0", Canonical(RuleSet));

    /// <summary>The guid that Confluent's registry gives the same schema; one of our own where there is a rule set.</summary>
    public string Guid()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
        Span<byte> number = stackalloc byte[4];
        Add(Schema);
        foreach (var reference in References)
        {
            Add(reference.Name);
            Add(reference.Subject);
            BinaryPrimitives.WriteInt32BigEndian(number, reference.Version);
            hash.AppendData(number);
        }
        if (Metadata is not null)
        {
            hash.AppendData([1]);
            foreach (var (tag, names) in Sorted(Metadata["tags"]))
            {
                Add(tag);
                foreach (var name in Texts(names)) { Add(name); }
            }
            foreach (var (key, value) in Sorted(Metadata["properties"])) { Add(key + value); }
            foreach (var name in Texts(Metadata["sensitive"])) { Add(name); }
        }
        if (RuleSet is not null)
        {
            hash.AppendData([1]);
            Add(Canonical(RuleSet));
        }
        return new Guid(hash.GetHashAndReset(), bigEndian: true).ToString();
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Sorted(JsonNode? node) =>
        node is JsonObject map ? map.OrderBy(entry => entry.Key, StringComparer.Ordinal) : [];

    private static IEnumerable<string> Texts(JsonNode? node) =>
        node is JsonArray list ? list.Select(item => item?.ToString() ?? "").Order(StringComparer.Ordinal) : [];

    private static string Canonical(JsonNode? node) => node switch
    {
        JsonObject map => $"{{{string.Join(',', Sorted(map).Select(entry => $"{JsonValue.Create(entry.Key).ToJsonString()}:{Canonical(entry.Value)}"))}}}",
        JsonArray list => $"[{string.Join(',', list.Select(Canonical))}]",
        _ => node?.ToJsonString() ?? "null",
    };
}
