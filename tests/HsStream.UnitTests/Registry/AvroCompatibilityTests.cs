using HsStream.Embedded.Registry.Avro;
using Xunit;

namespace HsStream.UnitTests.Registry;

public sealed class AvroCompatibilityTests
{
    private const string EnumAB = """{"type":"enum","name":"E","symbols":["A","B"]}""";
    private const string EnumABC = """{"type":"enum","name":"E","symbols":["A","B","C"]}""";
    private const string EnumABWithDefault = """{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}""";
    private const string Fixed2 = """{"type":"fixed","name":"F","size":2}""";
    private const string Fixed3 = """{"type":"fixed","name":"F","size":3}""";
    private const string List = """{"type":"record","name":"L","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","L"]}]}""";
    private const string LongList = """{"type":"record","name":"L","fields":[{"name":"v","type":"long"},{"name":"next","type":["null","L"]}]}""";

    private static string Record(params string[] fields) => $$"""{"type":"record","name":"R","fields":[{{string.Join(',', fields)}}]}""";

    private static string Field(string name, string type, string more = "") => $$"""{"name":"{{name}}","type":{{type}}{{more}}}""";

    private static IReadOnlyList<AvroMismatch> Check(string reader, string writer) => AvroCompatibility.Check(
        AvroParser.Parse(reader, [], true, 100).Schema, AvroParser.Parse(writer, [], true, 100).Schema);

    public static TheoryData<string, string, bool, bool> Rules => new()
    {
        // one, other, one reads other, other reads one
        { "\"int\"", "\"int\"", true, true },
        { "\"int\"", "\"long\"", false, true },
        { "\"int\"", "\"float\"", false, true },
        { "\"int\"", "\"double\"", false, true },
        { "\"long\"", "\"float\"", false, true },
        { "\"long\"", "\"double\"", false, true },
        { "\"float\"", "\"double\"", false, true },
        { "\"string\"", "\"bytes\"", true, true },
        { "\"int\"", "\"string\"", false, false },
        { "\"int\"", "\"boolean\"", false, false },
        { "\"int\"", "\"null\"", false, false },
        { "\"bytes\"", Fixed2, false, false },
        { "\"string\"", EnumAB, false, false },
        { """{"type":"int","logicalType":"date"}""", "\"int\"", true, true },
        { """{"type":"array","items":"int"}""", """{"type":"array","items":"long"}""", false, true },
        { """{"type":"map","values":"int"}""", """{"type":"map","values":"long"}""", false, true },
        { """{"type":"map","values":"int"}""", """{"type":"array","items":"int"}""", false, false },
        { EnumABC, EnumAB, true, false },
        { EnumABC, EnumABWithDefault, true, true },
        { EnumAB, EnumAB.Replace("\"E\"", "\"G\""), false, false },
        { EnumAB, EnumAB.Replace("\"E\"", "\"a.E\""), true, true },
        { EnumAB, """{"type":"enum","name":"G","aliases":["E"],"symbols":["A","B"]}""", false, true },
        { Fixed2, Fixed2, true, true },
        { Fixed2, Fixed3, false, false },
        { Fixed2, Fixed2.Replace("\"F\"", "\"G\""), false, false },
        { Fixed2, """{"type":"fixed","name":"G","aliases":["F"],"size":2}""", false, true },
        { Record(), Record(Field("a", "\"int\"")), true, false },
        { Record(), Record(Field("a", "\"int\"", ",\"default\":0")), true, true },
        { Record(Field("a", "\"int\""), Field("b", "\"int\"")), Record(Field("b", "\"int\""), Field("a", "\"int\"")), true, true },
        { Record(Field("a", "\"int\"")), Record(Field("a", "\"long\"")), false, true },
        { Record(Field("a", "\"int\"")), Record(Field("b", "\"int\"")), false, false },
        { Record(Field("a", "\"int\"")), Record(Field("b", "\"int\"", ",\"aliases\":[\"a\"]")), false, true },
        { Record(), Record().Replace("\"R\"", "\"Q\""), false, false },
        { Record(), Record().Replace("\"R\"", "\"a.R\""), true, true },
        { Record(), """{"type":"record","name":"Q","aliases":["R"],"fields":[]}""", false, true },
        { """{"type":"record","name":"a.R","fields":[]}""", """{"type":"record","name":"a.Q","aliases":["R"],"fields":[]}""", false, true },
        { """{"type":"record","name":"a.R","fields":[]}""", """{"type":"record","name":"b.Q","aliases":["R"],"fields":[]}""", false, false },
        { """{"type":"record","name":"a.R","fields":[]}""", """{"type":"record","name":"b.Q","aliases":["a.R"],"fields":[]}""", false, true },
        { "\"int\"", """["null","int"]""", false, true },
        { "\"int\"", """["null","long"]""", false, true },
        { "\"int\"", """["null","string"]""", false, false },
        { "\"long\"", """["int","long"]""", true, true },
        { """["null","int"]""", """["int","null"]""", true, true },
        { """["null","int"]""", """["null","int","string"]""", false, true },
        { """["null","int"]""", """["null","long"]""", false, true },
        { """["int"]""", "\"int\"", true, true },
        { """["null","int"]""", """["string"]""", false, false },
        { List, List, true, true },
        { List, LongList, false, true },
        { Record(Field("a", EnumAB)), Record(Field("a", EnumABC)), false, true },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Each_resolution_rule_holds_in_both_directions(string one, string other, bool oneReadsOther, bool otherReadsOne)
    {
        Assert.Equal(oneReadsOther, Check(one, other).Count == 0);
        Assert.Equal(otherReadsOne, Check(other, one).Count == 0);
    }

    [Theory]
    [InlineData("\"int\"", "\"string\"", AvroIncompatibility.TypeMismatch, "/", "reader type: INT not compatible with writer type: STRING")]
    [InlineData("""{"type":"array","items":"int"}""", """{"type":"array","items":"long"}""", AvroIncompatibility.TypeMismatch, "/items", "reader type: INT not compatible with writer type: LONG")]
    [InlineData("""{"type":"map","values":"int"}""", """{"type":"map","values":"long"}""", AvroIncompatibility.TypeMismatch, "/values", "reader type: INT not compatible with writer type: LONG")]
    [InlineData(EnumAB, EnumABC, AvroIncompatibility.MissingEnumSymbols, "/symbols", "[C]")]
    [InlineData(Fixed2, Fixed3, AvroIncompatibility.FixedSizeMismatch, "/size", "expected: 3, found: 2")]
    [InlineData("""{"type":"record","name":"R","fields":[]}""", """{"type":"record","name":"a.Q","fields":[]}""", AvroIncompatibility.NameMismatch, "/name", "expected: a.Q")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}""", """{"type":"record","name":"R","fields":[]}""", AvroIncompatibility.ReaderFieldMissingDefaultValue, "/fields/0", "x")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}""", """{"type":"record","name":"R","fields":[{"name":"x","type":"long"}]}""", AvroIncompatibility.TypeMismatch, "/fields/0/type", "reader type: INT not compatible with writer type: LONG")]
    [InlineData("""["null","int"]""", """["null","string"]""", AvroIncompatibility.MissingUnionBranch, "/1", "reader union lacking writer type: STRING")]
    [InlineData("""["null","int"]""", "\"string\"", AvroIncompatibility.MissingUnionBranch, "/", "reader union lacking writer type: STRING")]
    [InlineData("\"int\"", """["int","string"]""", AvroIncompatibility.TypeMismatch, "/1", "reader type: INT not compatible with writer type: STRING")]
    internal void A_mismatch_says_what_and_where(string reader, string writer, AvroIncompatibility kind, string path, string detail) =>
        Assert.Equal(new AvroMismatch(kind, path, detail), Assert.Single(Check(reader, writer)));

    [Fact]
    public void Every_mismatch_is_reported() => Assert.Equal(
        ["/fields/0/type", "/fields/2"],
        Check(Record(Field("a", "\"int\""), Field("b", "\"int\""), Field("c", "\"int\"")), Record(Field("a", "\"long\""), Field("b", "\"int\"")))
            .Select(mismatch => mismatch.Path));

    [Fact]
    public void A_reader_field_that_matches_two_fields_of_the_writer_cannot_be_decided() => Assert.Throws<AvroSchemaException>(() => Check(
        Record(Field("a", "\"int\"", ",\"aliases\":[\"b\"]")), Record(Field("a", "\"int\""), Field("b", "\"int\""))));

    [Fact]
    public void A_conclusion_from_a_union_branch_that_failed_does_not_help_the_next_branch()
    {
        // Reading N as A would make reading M as B fine; A is refused for its field z, and B must not stay accepted.
        const string Writer = """
            {"type":"record","name":"N","fields":[
              {"name":"m","type":{"type":"record","name":"M","fields":[{"name":"back","type":["null","N"]}]}},{"name":"z","type":"string"}]}
            """;
        const string Reader = """
            [{"type":"record","name":"a.N","fields":[
                {"name":"m","type":{"type":"record","name":"a.M","fields":[{"name":"back","type":["null","a.N"]}]}},{"name":"z","type":"int"}]},
             {"type":"record","name":"b.N","fields":[{"name":"m","type":"a.M"}]}]
            """;

        Assert.NotEmpty(Check(Reader, Writer));
    }

    [Fact]
    public void Cycles_of_different_lengths_end()
    {
        static string Cycle(int length) => "[" + string.Join(',', Enumerable.Range(0, length).Select(i =>
            $$"""{"type":"record","name":"n{{i}}.R","fields":[{"name":"next","type":"n{{(i + 1) % length}}.R"}]}""")) + "]";

        Assert.Empty(Check(Cycle(7), Cycle(11)));
    }

    [Fact]
    public void Schemas_too_large_to_be_compared_are_refused_at_once()
    {
        static string Union(string prefix) => "[" + string.Join(',', Enumerable.Range(0, 3_000).Select(i =>
            $$"""{"type":"fixed","name":"{{prefix}}{{i}}","size":1}""")) + "]";

        Assert.Contains("too large", Assert.Throws<AvroSchemaException>(() => Check(Union("a"), Union("b"))).Message);
    }
}
