using HsStream.Embedded.Registry.Avro;
using Xunit;

namespace HsStream.UnitTests.Registry;

public sealed class AvroParserTests
{
    private static readonly string[] Twins = ["R", "S"];

    private static ParsedAvro Parse(string text, params string[] references) => AvroParser.Parse(text, references, strict: true, maxDepth: 100);

    private static string Refusal(string text, params string[] references) =>
        Assert.Throws<AvroSchemaException>(() => Parse(text, references)).Message;

    // The expected texts are what Java's Schema.toString gives.
    [Theory]
    [InlineData("""  "string"  """, "\"string\"")]
    [InlineData("""{"type":"string"}""", "\"string\"")]
    [InlineData("""{"type":"string","avro.java.string":"String"}""", """{"type":"string","avro.java.string":"String"}""")]
    [InlineData("""["null", {"type":"int"}]""", """["null","int"]""")]
    [InlineData("""{"items":"long","type":"array"}""", """{"type":"array","items":"long"}""")]
    [InlineData("""{"values":{"type":"int","logicalType":"date"},"type":"map","x":[1, 2.50, 1e3]}""",
        """{"type":"map","values":{"type":"int","logicalType":"date"},"x":[1,2.5,1000.0]}""")]
    [InlineData("""{"namespace":"a.b","fields":[],"doc":"d","aliases":["Old","c.Older"],"name":"R","type":"record","p":null}""",
        """{"type":"record","name":"R","namespace":"a.b","doc":"d","fields":[],"p":null,"aliases":["Old","c.Older"]}""")]
    [InlineData("""{"type":"record","name":"a.R","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":3}},{"name":"g","type":"F"},{"name":"h","type":["null","R"],"default":null}]}""",
        """{"type":"record","name":"R","namespace":"a","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":3}},{"name":"g","type":"F"},{"name":"h","type":["null","R"],"default":null}]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"order":"ascending","default":1,"doc":"n","type":"int","name":"f","aliases":["g"],"z":1,"a":2}]}""",
        """{"type":"record","name":"R","fields":[{"name":"f","type":"int","doc":"n","default":1,"aliases":["g"],"z":1,"a":2}]}""")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"Ignore"}]}""",
        """{"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"ignore"}]}""")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","B"],"default":"A","doc":"x","k":{"b":1,"a":2}}""",
        """{"type":"enum","name":"E","doc":"x","symbols":["A","B"],"default":"A","k":{"b":1,"a":2}}""")]
    [InlineData("""{"type":"error","name":"E","fields":[]}""", """{"type":"error","name":"E","fields":[]}""")]
    [InlineData("""{"type":"record","name":"a.R","fields":[{"name":"f","type":{"type":"enum","name":"E","namespace":"","symbols":[]}}]}""",
        """{"type":"record","name":"R","namespace":"a","fields":[{"name":"f","type":{"type":"enum","name":"E","namespace":"","symbols":[]}}]}""")]
    [InlineData("// comment\n{\"type\":\"map\",\"values\":\"int\",\"a\":1,\"b\":2,\"a\":3}", """{"type":"map","values":"int","a":3,"b":2}""")]
    [InlineData("""{"type":"string","t":"\u00e9\n\u0001\/<\"\\"}""", """{"type":"string","t":"é\n\u0001/<\"\\"}""")]
    public void The_canonical_text_is_what_Java_writes(string text, string canonical) => Assert.Equal(canonical, Parse(text).Canonical);

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("0.001", "0.001")]
    [InlineData("0.0001", "1.0E-4")]
    [InlineData("1234567.5", "1234567.5")]
    [InlineData("12345678.5", "1.23456785E7")]
    [InlineData("1e21", "1.0E21")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("1e999", "\"Infinity\"")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    public void Numbers_are_written_as_Java_writes_them(string number, string written) =>
        Assert.Equal($$"""{"type":"int","n":{{written}}}""", Parse($$"""{"type":"int","n":{{number}}}""").Canonical);

    [Fact]
    public void A_canonical_text_is_its_own_canonical_text()
    {
        var once = Parse("""{"type":"record","name":"a.R","fields":[{"name":"f","type":["null","R"]},{"name":"d","type":"double","default":"1e-9"}]}""").Canonical;
        Assert.Equal(once, Parse(once).Canonical);
    }

    [Fact]
    public void A_type_may_be_used_before_it_is_defined() => Assert.Equal(
        """{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":1}},{"name":"b","type":"F"}]}""",
        Parse("""{"type":"record","name":"R","fields":[{"name":"a","type":"F"},{"name":"b","type":{"type":"fixed","name":"F","size":1}}]}""").Canonical);

    [Fact]
    public void Types_of_a_reference_are_named_and_not_repeated()
    {
        var parsed = Parse("""{"type":"record","name":"R","fields":[{"name":"f","type":"a.F"}]}""", """{"type":"fixed","name":"a.F","size":2}""");

        Assert.Equal("""{"type":"record","name":"R","fields":[{"name":"f","type":"a.F"}]}""", parsed.Canonical);
        Assert.Equal("""{"type":"record","name":"R","fields":[{"name":"f","type":{"type":"fixed","name":"F","namespace":"a","size":2}}]}""", parsed.Resolved);
    }

    [Theory]
    [InlineData("""{"type":"bytes","z":1,"scale":2,"precision":4,"logicalType":"decimal"}""", """{"type":"bytes","logicalType":"decimal","precision":4,"scale":2,"z":1}""")]
    [InlineData("""{"type":"int","b":{"d":1,"c":2},"a":1}""", """{"type":"int","a":1,"b":{"c":2,"d":1}}""")]
    [InlineData("""{"type":"record","name":"R","doc":"","aliases":["z","y"],"fields":[{"name":"f","type":"double","default":1},{"name":"g","type":["float","null"],"default":0.1}]}""",
        """{"type":"record","name":"R","fields":[{"name":"f","type":"double","default":1.0},{"name":"g","type":["float","null"],"default":0.1}],"aliases":["y","z"]}""")]
    [InlineData("""{"type":"error","name":"E","fields":[]}""", """{"type":"record","name":"E","fields":[]}""")]
    public void Normalizing_gives_equal_schemas_one_text(string text, string normalized) => Assert.Equal(normalized, Parse(text).Normalized);

    [Theory]
    [InlineData("", "Not JSON")]
    [InlineData("string", "Not JSON")]
    [InlineData("\"string\" x", "Not JSON")]
    [InlineData("17", "Expected a type name")]
    [InlineData("null", "Expected a type name")]
    [InlineData("\"Unknown\"", "Undefined name: \"Unknown\"")]
    [InlineData("{}", "No type")]
    [InlineData("""{"type":{"type":"int"}}""", "No type")]
    [InlineData("""{"type":"recrod","name":"R"}""", "Undefined name: \"recrod\"")]
    [InlineData("""{"type":"array"}""", "no items")]
    [InlineData("""{"type":"map"}""", "no values")]
    [InlineData("""["int","int"]""", "Duplicate in union: int")]
    [InlineData("""["int",["string"]]""", "Nested union")]
    [InlineData("""[{"type":"array","items":"int"},{"type":"array","items":"long"}]""", "Duplicate in union: array")]
    [InlineData("""{"type":"record","fields":[]}""", "No name")]
    [InlineData("""{"type":"record","name":"R"}""", "no fields")]
    [InlineData("""{"type":"record","name":"R","fields":{}}""", "no fields")]
    [InlineData("""{"type":"record","name":"R","fields":[1]}""", "A field is an object")]
    [InlineData("""{"type":"record","name":"R","fields":[{"type":"int"}]}""", "No field name")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"f"}]}""", "No field type")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"f","type":"int"},{"name":"f","type":"int"}]}""", "Duplicate field f")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"up"}]}""", "order")]
    [InlineData("""{"type":"record","name":"1R","fields":[]}""", "Illegal initial character: 1R")]
    [InlineData("""{"type":"record","name":"a-b","fields":[]}""", "Illegal character in: a-b")]
    [InlineData("""{"type":"record","name":"é","fields":[]}""", "Illegal")]
    [InlineData("""{"type":"record","name":"","fields":[]}""", "Empty name")]
    [InlineData("""{"type":"record","name":"R","namespace":"a..b","fields":[]}""", "Empty name")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a b","type":"int"}]}""", "Illegal character in: a b")]
    [InlineData("""{"type":"record","name":"R","fields":[],"aliases":"x"}""", "aliases")]
    [InlineData("""{"type":"record","name":"R","fields":[],"aliases":["x y"]}""", "Illegal")]
    [InlineData("""{"type":"record","name":"int","fields":[]}""", "primitives: int")]
    [InlineData("""{"type":"enum","name":"E"}""", "no symbols")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","A"]}""", "Duplicate enum symbol")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A-"]}""", "Illegal")]
    [InlineData("""{"type":"enum","name":"E","symbols":[1]}""", "symbol is a string")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":"B"}""", "B is not in the enum symbol set: [A]")]
    [InlineData("""{"type":"fixed","name":"F"}""", "size")]
    [InlineData("""{"type":"fixed","name":"F","size":-1}""", "size")]
    [InlineData("""{"type":"fixed","name":"F","size":1.5}""", "size")]
    [InlineData("""{"type":"fixed","name":"F","size":"1"}""", "size")]
    [InlineData("""[{"type":"fixed","name":"F","size":1},{"type":"record","name":"R","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":2}}]}]""", "Can't redefine: F")]
    [InlineData("""{"type":"record","name":"R","doc":"\ud800","fields":[]}""", "Not text")]
    public void What_is_no_schema_is_refused_with_a_reason(string text, string reason) => Assert.Contains(reason, Refusal(text));

    [Theory]
    [InlineData("\"int\"", "1", true)]
    [InlineData("\"int\"", "1.0", false)]
    [InlineData("\"int\"", "3000000000", false)]
    [InlineData("\"int\"", "\"1\"", false)]
    [InlineData("\"int\"", "null", false)]
    [InlineData("\"long\"", "3000000000", true)]
    [InlineData("\"long\"", "1e3", false)]
    [InlineData("\"float\"", "1", true)]
    [InlineData("\"double\"", "\"NaN\"", true)]
    [InlineData("\"double\"", "\"much\"", false)]
    [InlineData("\"boolean\"", "true", true)]
    [InlineData("\"boolean\"", "0", false)]
    [InlineData("\"bytes\"", "\"\\u00ff\"", true)]
    [InlineData("\"bytes\"", "1", false)]
    [InlineData("\"string\"", "\"\"", true)]
    [InlineData("\"null\"", "null", true)]
    [InlineData("""{"type":"array","items":"int"}""", "[1,2]", true)]
    [InlineData("""{"type":"array","items":"int"}""", "[1,\"2\"]", false)]
    [InlineData("""{"type":"map","values":"int"}""", """{"a":1}""", true)]
    [InlineData("""{"type":"map","values":"int"}""", """{"a":null}""", false)]
    [InlineData("""["null","string"]""", "null", true)]
    [InlineData("""["null","string"]""", "\"x\"", true)]
    [InlineData("""["null","string"]""", "1", false)]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"]}""", "\"A\"", true)]
    [InlineData("""{"type":"fixed","name":"F","size":1}""", "\"x\"", true)]
    [InlineData("""{"type":"record","name":"S","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":7}]}""", """{"x":1}""", true)]
    [InlineData("""{"type":"record","name":"S","fields":[{"name":"x","type":"int"}]}""", "{}", false)]
    [InlineData("\"R\"", "{}", false)]
    public void A_default_is_a_value_of_its_field(string type, string value, bool accepted)
    {
        var text = $$"""{"type":"record","name":"R","fields":[{"name":"f","type":{{type}},"default":{{value}}}]}""";
        if (accepted) { Parse(text); } else { Assert.Contains("Invalid default", Refusal(text)); }
    }

    [Fact]
    public void Stored_schemas_are_read_even_with_defaults_and_names_that_new_ones_may_not_have() => Assert.NotNull(AvroParser.Parse(
        """{"type":"record","name":"é","namespace":"a-b","fields":[{"name":"f","type":"int","default":"x"}]}""", [], strict: false, maxDepth: 100));

    [Fact]
    public void Depth_is_bounded_whether_nested_in_place_or_by_name()
    {
        var inPlace = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 200)) + "\"int\"" + new string('}', 200);
        var chain = string.Join(',', Enumerable.Range(0, 200).Select(i =>
            $$"""{"type":"record","name":"R{{i}}","fields":[{"name":"f","type":"{{(i == 199 ? "int" : $"R{i + 1}")}}"}]}"""));

        Assert.Contains("depth", Refusal(inPlace));
        Assert.Contains("nested more than 100 deep", Refusal($"[{chain}]"));
    }

    [Fact]
    public void Defaults_that_double_at_each_level_are_refused_at_once()
    {
        // Each R and S at level i needs R or S at level i + 1, and z stays without a value.
        var types = Enumerable.Range(0, 60).SelectMany(i => Twins.Select(name =>
            $$$"""{"type":"record","name":"{{{name}}}{{{i}}}","fields":[{"name":"a","type":{{{(i == 59 ? "\"int\"" : $"[\"R{i + 1}\",\"S{i + 1}\"]")}}},"default":{}},{"name":"z","type":"int"}]}"""));

        Assert.Contains("Invalid default", Refusal($"[{string.Join(',', types)}]"));
    }

    [Fact]
    public void Many_properties_take_no_quadratic_time()
    {
        var props = string.Join(',', Enumerable.Range(0, 40_000).Select(i => $"\"{i:x}\":1"));
        var started = TimeProvider.System.GetTimestamp();

        Assert.EndsWith("}", Parse($$$"""{"type":"string",{{{props}}},"p":{ {{{props}}} }}""").Normalized);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "It took more than 10 s.");
    }
}
