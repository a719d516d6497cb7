using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HsStream.Embedded.Registry;
using Xunit;

namespace HsStream.UnitTests.Registry;

/// <summary>Bytes as Confluent's registry writes them; they are added to, never edited.</summary>
public sealed class SchemaLogRecordTests
{
    private static readonly StoredSchema Plain = new("orders-value", 3, 7, "\"string\"", [], null, null);

    internal static TheoryData<SchemaLogRecord, string, string?> Golden => new()
    {
        { new SchemaLogRecord.SchemaPut(Plain), """{"keytype":"SCHEMA","subject":"orders-value","version":3,"magic":1}""", """{"subject":"orders-value","version":3,"id":7,"schema":"\"string\"","deleted":false}""" },
        { new SchemaLogRecord.SchemaPut(Plain with { Deleted = true, References = [new("a.B", "b", 2)], Metadata = new JsonObject { ["properties"] = new JsonObject { ["k"] = "v" } } }),
            """{"keytype":"SCHEMA","subject":"orders-value","version":3,"magic":1}""",
            """{"subject":"orders-value","version":3,"id":7,"references":[{"name":"a.B","subject":"b","version":2}],"metadata":{"properties":{"k":"v"}},"schema":"\"string\"","deleted":true}""" },
        { new SchemaLogRecord.SchemaRemoved("é/\"'<+> \u0001", 1), "{\"keytype\":\"SCHEMA\",\"subject\":\"é/\\\"'<+> \\u0001\",\"version\":1,\"magic\":1}", null },
        { new SchemaLogRecord.SubjectDeleted("s", 4), """{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}""", """{"subject":"s","version":4}""" },
        { new SchemaLogRecord.SubjectCleared("s"), """{"keytype":"CLEAR_SUBJECT","subject":"s","magic":0}""", """{"subject":"s"}""" },
        { new SchemaLogRecord.ConfigPut(null, new JsonObject { ["compatibilityLevel"] = "FULL" }), """{"keytype":"CONFIG","magic":0}""", """{"compatibilityLevel":"FULL"}""" },
        { new SchemaLogRecord.ConfigPut("s", new JsonObject { ["compatibilityLevel"] = "NONE" }), """{"keytype":"CONFIG","subject":"s","magic":0}""", """{"subject":"s","compatibilityLevel":"NONE"}""" },
        { new SchemaLogRecord.ConfigPut("s", null), """{"keytype":"CONFIG","subject":"s","magic":0}""", null },
        { new SchemaLogRecord.ModePut("s", "IMPORT"), """{"keytype":"MODE","subject":"s","magic":0}""", """{"subject":"s","mode":"IMPORT"}""" },
        { new SchemaLogRecord.ModePut(null, null), """{"keytype":"MODE","magic":0}""", null },
        { new SchemaLogRecord.IdsUsed(new Dictionary<string, int> { ["."] = 9 }), """{"keytype":"NOOP","magic":0}""", """{"maxIds":{".":9}}""" },
        { new SchemaLogRecord.ContextPut(".c"), """{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}""", """{"tenant":"default","context":".c"}""" },
    };

    [Fact]
    public void Records_are_written_byte_for_byte_as_ever_and_read_back()
    {
        foreach (var row in Golden)
        {
            var (record, key, value) = row.Data;
            Assert.Equal(key, Encoding.UTF8.GetString(record.Key()));
            Assert.Equal(value, record.Value() is { } bytes ? Encoding.UTF8.GetString(bytes) : null);
            var back = SchemaLogRecord.Parse(record.Key(), record.Value(), value is not null, 5);
            Assert.Equal(key, Encoding.UTF8.GetString(back!.Key()));
            Assert.Equal(value, back.Value() is { } again ? Encoding.UTF8.GetString(again) : null);
        }
    }

    [Theory]
    [InlineData("""{"keytype":"CONFIG","subject":null,"magic":0}""", """{"compatibilityLevel":"FULL"}""")]
    [InlineData("""{"keytype":"SCHEMA","subject":"s","version":1,"magic":0}""", """{"subject":"s","version":1,"id":1,"schema":"\"int\"","unknown":[1]}""")]
    [InlineData("""{"magic":1,"version":1,"subject":"s","keytype":"SCHEMA"}""", """{"md5":"x","id":1,"schemaType":"PROTOBUF","schema":"syntax","deleted":true}""")]
    public void What_other_releases_wrote_is_understood(string key, string value) =>
        Assert.NotNull(SchemaLogRecord.Parse(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), true, 0));

    [Theory]
    [InlineData("""{"keytype":"NOOP","magic":0}""", null)]
    [InlineData("""{"keytype":"ASSOC","magic":0}""", "{}")]
    [InlineData("""{"keytype":"LATER","magic":0}""", "{}")]
    public void What_this_registry_has_no_use_for_is_passed_over(string key, string? value) =>
        Assert.Null(SchemaLogRecord.Parse(Encoding.UTF8.GetBytes(key), value is null ? [] : Encoding.UTF8.GetBytes(value), value is not null, 0));

    [Theory]
    [InlineData("", "{}")]
    [InlineData("null", "{}")]
    [InlineData("[]", "{}")]
    [InlineData("{\"keytype\":7}", "{}")]
    [InlineData("""{"keytype":"SCHEMA","magic":1}""", "{}")]
    [InlineData("""{"keytype":"SCHEMA","subject":"s","version":"1"}""", "{}")]
    [InlineData("""{"keytype":"SCHEMA","subject":"s","version":1}""", "{}")]
    [InlineData("""{"keytype":"SCHEMA","subject":"s","version":1}""", "no json")]
    [InlineData("""{"keytype":"SCHEMA","subject":"s","version":1}""", """{"id":1,"schema":"x","references":[{"name":"n"}]}""")]
    [InlineData("""{"keytype":"MODE","subject":"s"}""", """{"mode":{}}""")]
    public void What_is_no_record_is_reported_as_such(string key, string value)
    {
        var e = Record.Exception(() => SchemaLogRecord.Parse(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), true, 0));
        Assert.True(e is JsonException or InvalidOperationException or FormatException, $"{e}");
    }

    [Fact]
    public void The_guid_is_the_MD5_of_what_makes_the_schema()
    {
        Assert.Equal("095d71cf-1255-6b9d-5e33-0ad575b3df5d", Plain.Guid());
        var contract = new JsonObject { ["properties"] = new JsonObject { ["k"] = "v" } };
        Assert.Equal("b6b96cda-9bf1-d8f7-5639-340ab0179c25", (Plain with { References = [new("a.B", "b", 2)], Metadata = contract }).Guid());
    }
}
