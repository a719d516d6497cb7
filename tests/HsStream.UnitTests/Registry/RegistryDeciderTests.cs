using System.Text.Json.Nodes;
using HsStream.Embedded.Registry;
using Xunit;

namespace HsStream.UnitTests.Registry;

public sealed class RegistryDeciderTests
{
    private const string V1 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""";
    private const string V2 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}""";
    private const string Breaking = """{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}""";

    private readonly RegistryDecider _decider = new(new SchemaLimits(100_000, 100));
    private RegistryState _state = RegistryState.Empty;

    private static SchemaRequest Ask(string? schema, int id = -1, int version = 0, string type = "AVRO", JsonObject? metadata = null, params SchemaReference[] references) =>
        new(schema, type, references, metadata, null, id, version);

    private T Do<T>(Func<RegistryState, Decision<T>> decide)
    {
        var decision = decide(_state);
        _state = decision.Records.Aggregate(_state, (state, record) => state.Apply(record));
        return decision.Answer;
    }

    private StoredSchema Register(string subject, SchemaRequest request, bool normalize = false, bool force = false) =>
        Do(state => _decider.Register(state, subject, request, normalize, force));

    private StoredSchema Register(string subject, string schema) => Register(subject, Ask(schema));

    private int Delete(string subject, int version, bool permanent = false) => Do(state => RegistryDecider.DeleteVersion(state, subject, version, permanent));

    private IReadOnlyList<int> Delete(string subject, bool permanent = false) => Do(state => RegistryDecider.DeleteSubject(state, subject, permanent));

    private void Config(string? scope, string level) => Do(state => RegistryDecider.PutConfig(state, scope, new JsonObject { ["compatibility"] = level }));

    private void Mode(string? scope, string? mode, bool force = false) => Do(state => RegistryDecider.PutMode(state, scope, mode, force));

    private static int Code(Func<object?> act) => Assert.Throws<RegistryException>(act).Code;

    [Fact]
    public void The_first_schema_of_a_subject_is_version_1_and_ids_count_up()
    {
        Assert.Equal((1, 1), Numbers(Register("s", V1)));
        Assert.Equal((2, 2), Numbers(Register("s", V2)));
        Assert.Equal((1, 3), Numbers(Register("t", "\"int\"")));
    }

    [Fact]
    public void Registering_again_records_nothing_and_returns_the_same()
    {
        var first = Register("s", V1);
        Register("s", V2);

        var again = _decider.Register(_state, "s", Ask(V1.Replace(",", " , ")), false, false);

        Assert.Empty(again.Records);
        Assert.Equal(first, again.Answer);
    }

    [Fact]
    public void The_same_schema_has_the_same_id_under_every_subject()
    {
        Register("other", "\"long\"");
        Assert.Equal(Register("s", V1).Id, Register("t", V1).Id);
    }

    [Fact]
    public void A_schema_with_its_properties_in_another_order_is_the_same_schema()
    {
        var first = Register("s", """{"type":"int","a":1,"b":2}""");
        Assert.Equal(first, Register("s", """{"b":2,"a":1,"type":"int"}"""));
    }

    [Fact]
    public void Normalizing_stores_one_form()
    {
        var normal = Register("s", Ask("""{"type":"int","b":2,"a":1}"""), normalize: true);
        Assert.Equal("""{"type":"int","a":1,"b":2}""", normal.Schema);
        Do(state => RegistryDecider.PutConfig(state, "t", new JsonObject { ["normalize"] = true }));
        Assert.Equal(normal.Id, Register("t", """{"type":"int","b":2,"a":1}""").Id);
        Assert.NotEqual(normal.Id, Register("u", """{"type":"int","b":2,"a":1}""").Id);
    }

    [Fact]
    public void An_incompatible_schema_is_refused_with_reasons_in_Confluent_s_words()
    {
        Register("s", V1);

        var refusal = Assert.Throws<RegistryException>(() => Register("s", Breaking));

        Assert.Equal((409, 409), (refusal.Status, refusal.Code));
        Assert.Equal(
            "Schema being registered is incompatible with an earlier schema for subject \"s\", details: "
            + "[{errorType:'TYPE_MISMATCH', description:'The type (path '/fields/0/type') of a field in the new schema does not match with the old schema', "
            + "additionalInfo:'reader type: STRING not compatible with writer type: INT'}, {oldSchemaVersion: 1}, "
            + $"{{oldSchema: '{V1}'}}, {{validateFields: 'false', compatibility: 'BACKWARD'}}]",
            refusal.Message);
    }

    [Theory]
    // A field without default added: old data cannot be read; removed: it can.
    [InlineData("NONE", true, true)]
    [InlineData("BACKWARD", false, true)]
    [InlineData("BACKWARD_TRANSITIVE", false, true)]
    [InlineData("FORWARD", true, false)]
    [InlineData("FORWARD_TRANSITIVE", true, false)]
    [InlineData("FULL", false, false)]
    [InlineData("FULL_TRANSITIVE", false, false)]
    public void Each_level_allows_what_it_should(string level, bool canAdd, bool canRemove)
    {
        const string Wider = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}""";
        Config(null, level);
        Register("add", V1);
        Register("remove", Wider);

        Assert.Equal(canAdd, Record.Exception(() => Register("add", Wider)) is null);
        Assert.Equal(canRemove, Record.Exception(() => Register("remove", V1)) is null);
    }

    [Theory]
    [InlineData("BACKWARD", true)]
    [InlineData("BACKWARD_TRANSITIVE", false)]
    public void Transitive_levels_look_at_every_version(string level, bool accepted)
    {
        // b goes away, and comes back with another type: only version 1 minds.
        Config("s", level);
        Register("s", """{"type":"record","name":"R","fields":[{"name":"b","type":"string","default":""}]}""");
        Register("s", """{"type":"record","name":"R","fields":[]}""");
        var third = Record.Exception(() => Register("s", """{"type":"record","name":"R","fields":[{"name":"b","type":"int","default":0}]}"""));

        Assert.Equal(accepted, third is null);
    }

    [Fact]
    public void A_subject_s_level_wins_over_the_global_one_until_it_is_deleted()
    {
        Config("s", "NONE");
        Register("s", V1);
        Register("s", Breaking);
        Do(state => RegistryDecider.DeleteConfig(state, "s"));

        Assert.Equal(409, Code(() => Register("s", V1.Replace("\"a\"", "\"c\""))));
        Assert.Equal(40401, Code(() => Do(state => RegistryDecider.DeleteConfig(state, "s"))));
    }

    [Fact]
    public void Force_skips_the_compatibility_check()
    {
        Register("s", V1);
        Assert.Equal(2, Register("s", Ask(Breaking), force: true).Version);
    }

    [Fact]
    public void A_deleted_version_no_longer_counts_and_registering_it_again_keeps_its_id()
    {
        var first = Register("s", V1);
        Assert.Equal(1, Delete("s", 1));
        Assert.Null(_state.Latest("s"));

        Register("s", Breaking);
        Delete("s", 2);
        var again = Register("s", V1);

        Assert.Equal((3, first.Id), Numbers(again));
        // What version 1 said is said by version 3.
        Assert.Equal([2, 3], _state.VersionsOf("s").Keys);
    }

    [Fact]
    public void Deleting_for_ever_needs_a_soft_delete_first()
    {
        Register("s", V1);
        Register("s", V2);
        Assert.Equal(40401, Code(() => Delete("t", 1)));
        Assert.Equal(40402, Code(() => Delete("s", 9)));
        Assert.Equal(40407, Code(() => Delete("s", 1, permanent: true)));
        Delete("s", 1);
        Assert.Equal(40406, Code(() => Delete("s", 1)));
        Assert.Equal(1, Delete("s", 1, permanent: true));
        Assert.Equal(40402, Code(() => Delete("s", 1)));
        Assert.Equal([2], _state.VersionsOf("s").Keys);
        Assert.Equal(2, Delete("s", -1));
    }

    [Fact]
    public void Deleting_a_subject_returns_its_versions()
    {
        Register("s", V1);
        Register("s", V2);
        Assert.Equal(40401, Code(() => Delete("t")));
        Assert.Equal(40405, Code(() => Delete("s", permanent: true)));
        Assert.Equal([1, 2], Delete("s"));
        Assert.Equal(40404, Code(() => Delete("s")));
        Assert.Equal([1, 2], Delete("s", permanent: true));
        Assert.Equal(40401, Code(() => Delete("s", permanent: true)));
    }

    [Fact]
    public void An_id_is_never_given_to_another_schema_even_when_nothing_is_left_of_the_first()
    {
        var gone = Register("s", V1).Id;
        Delete("s");
        Delete("s", permanent: true);

        Assert.True(Register("t", V2).Id > gone);
        Assert.Null(_state.ById(gone, null));
    }

    [Fact]
    public void A_record_that_gives_an_id_to_a_second_schema_is_ignored()
    {
        var first = Register("s", V1);

        _state = _state.Apply(new SchemaLogRecord.SchemaPut(new StoredSchema("t", 1, first.Id, V2, [], null, null)));

        Assert.Equal(V1, _state.ById(first.Id, null)!.Schema);
        Assert.False(_state.HasSubject("t", deletedToo: true));
    }

    [Fact]
    public void References_are_followed_and_protect_what_they_name()
    {
        Register("f", """{"type":"fixed","name":"a.F","size":2}""");
        const string Uses = """{"type":"record","name":"R","fields":[{"name":"f","type":"a.F"}]}""";
        var user = Register("r", Ask(Uses, references: new SchemaReference("a.F", "f", -1)));

        Assert.Equal([new SchemaReference("a.F", "f", 1)], user.References);
        Assert.Equal(42206, Code(() => Delete("f", 1)));
        Assert.Equal(42206, Code(() => Delete("f")));
        Assert.Equal(42201, Code(() => Register("x", Ask(Uses, references: new SchemaReference("a.F", "f", 5)))));
        Assert.Equal(42201, Code(() => Register("x", Uses)));
        // The same with everything written out is found again.
        Assert.Equal(user.Version, _decider.Lookup(_state, "r", Ask(_decider.Resolve(_state, user)), false, false)!.Version);

        Delete("r");
        Delete("f");
        Assert.Equal(42206, Code(() => Delete("f", permanent: true)));
        Delete("r", permanent: true);
        Delete("f", permanent: true);
    }

    [Fact]
    public void References_of_references_are_followed()
    {
        Register("f", """{"type":"fixed","name":"F","size":2}""");
        Register("g", Ask("""{"type":"record","name":"G","fields":[{"name":"f","type":"F"}]}""", references: new SchemaReference("F", "f", 1)));

        var top = Register("h", Ask("""{"type":"record","name":"H","fields":[{"name":"g","type":"G"}]}""", references: new SchemaReference("G", "g", 1)));

        Assert.Contains("\"size\":2", _decider.Resolve(_state, top));
    }

    [Theory]
    [InlineData("READONLY", 42205)]
    [InlineData("READONLY_OVERRIDE", 42205)]
    [InlineData("IMPORT", 42205)]
    public void A_mode_other_than_READWRITE_takes_no_schema_without_an_id(string mode, int code)
    {
        Mode("s", mode);
        Assert.Equal(code, Code(() => Register("s", V1)));
    }

    [Fact]
    public void Read_only_refuses_every_write_but_what_is_there_already()
    {
        var first = Register("s", V1);
        Mode(null, "READONLY");

        Assert.Equal(first, Register("s", V1));
        Assert.Equal(42205, Code(() => Delete("s", 1)));
        Assert.Equal(42205, Code(() => Delete("s")));
        Assert.Equal(42205, Code(() => Do(state => RegistryDecider.PutConfig(state, "s", new JsonObject { ["compatibility"] = "NONE" }))));
    }

    [Fact]
    public void Importing_keeps_ids_and_versions_and_refuses_an_id_that_is_taken()
    {
        Assert.Equal(42205, Code(() => Register("s", Ask(V1, id: 100))));
        Mode(null, "IMPORT");
        Assert.Equal((7, 100), Numbers(Register("s", Ask(V1, id: 100, version: 7))));
        Assert.Equal((8, 200), Numbers(Register("s", Ask(Breaking, id: 200, version: 8))));
        Assert.Equal(42205, Code(() => Register("t", Ask(V2, id: 100))));
        Assert.Equal(100, Register("t", Ask(V1, id: 100)).Id);
        Mode(null, "READWRITE");
        Assert.Equal(201, Register("u", V2).Id);
    }

    [Fact]
    public void Import_mode_needs_empty_ground_unless_forced()
    {
        Register("s", V1);
        Assert.Equal(42205, Code(() => Do(state => RegistryDecider.PutMode(state, null, "IMPORT", false))));
        Mode(null, "IMPORT", force: true);
        Mode(null, null);
        Delete("s");
        Mode(null, "IMPORT");
        Assert.Empty(_state.Subjects);
    }

    [Theory]
    [InlineData("JSON", "{}", "Invalid schema type JSON")]
    [InlineData("PROTOBUF", "x", "Invalid schema type PROTOBUF")]
    [InlineData("AVRO", "", "Empty schema")]
    [InlineData("AVRO", "{", "Invalid schema of type AVRO, details: Not JSON")]
    public void What_is_no_Avro_is_answered_with_42201(string type, string schema, string message)
    {
        var refusal = Assert.Throws<RegistryException>(() => Register("s", Ask(schema, type: type)));
        Assert.Equal((422, 42201), (refusal.Status, refusal.Code));
        Assert.StartsWith(message, refusal.Message);
    }

    [Fact]
    public void Without_a_schema_the_latest_is_repeated_with_the_new_contract()
    {
        Register("s", V1);
        var second = Register("s", Ask(null, metadata: new JsonObject { ["properties"] = new JsonObject { ["owner"] = "x" } }));
        Assert.Equal((2, 2, V1), (second.Version, second.Id, second.Schema));
        // A schema without a contract takes over the latest version's.
        Assert.Equal("x", (string?)Register("s", V2).Metadata!["properties"]!["owner"]);
    }

    [Fact]
    public void An_explicit_version_must_be_the_next_one_and_is_remembered()
    {
        Assert.Equal(42201, Code(() => Register("s", Ask(V1, version: 5))));
        var first = Register("s", Ask(V1, version: 1));
        Assert.Equal("1", SchemaMetadata.Version(first.Metadata));
        Assert.Equal(first, Register("s", V1));
    }

    [Fact]
    public void Contexts_have_ids_of_their_own()
    {
        Register("s", V1);
        var other = Register(":.c:s", V2);
        Assert.Equal((1, 1), Numbers(other));
        Assert.Equal([".", ".c"], _state.Contexts);
        Assert.Equal(V1, _state.ById(1, null)!.Schema);
        Assert.Equal(V2, _state.ById(1, ":.c:")!.Schema);
    }

    [Theory]
    [InlineData("a\u0001b")]
    [InlineData("__GLOBAL")]
    [InlineData("__EMPTY")]
    [InlineData(":.__GLOBAL:s")]
    public void Reserved_and_unprintable_subjects_are_refused(string subject) => Assert.Equal(42208, Code(() => Register(subject, V1)));

    [Fact]
    public void Settings_are_checked()
    {
        Assert.Equal(42203, Code(() => Do(state => RegistryDecider.PutConfig(state, null, new JsonObject { ["compatibility"] = "SOMETIMES" }))));
        Assert.Equal(422, Code(() => Do(state => RegistryDecider.PutConfig(state, null, new JsonObject { ["defaultRuleSet"] = new JsonObject() }))));
        Assert.Equal(42204, Code(() => Do(state => RegistryDecider.PutMode(state, null, "WRITEONLY", false))));
        Config("s", "full");
        Assert.Equal("FULL", _state.ConfigFor("s").Compatibility);
    }

    [Fact]
    public void A_schema_over_the_limit_is_answered_with_42209() =>
        Assert.Equal(42209, Code(() => Register("s", "\"" + new string('x', 100_001) + "\"")));

    private static (int Version, int Id) Numbers(StoredSchema schema) => (schema.Version, schema.Id);
}
