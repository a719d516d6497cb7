using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using HsStream.Embedded.Registry.Avro;
using Xunit;
using Apache = global::Avro;

namespace HsStream.UnitTests.Registry;

public sealed class AvroPropertyTests
{
    private static readonly Gen<int> Seeds = Gen.Int[0, int.MaxValue];

    [Fact]
    public void What_is_compatible_can_be_read_by_Apache_Avro()
    {
        var compatible = 0;
        Seeds.Sample(seed =>
        {
            var random = new RandomSchemas(seed);
            var writerText = random.Record();
            var readerText = random.Evolve(writerText);
            if (!IsCompatible(readerText, writerText)) { return; }
            Interlocked.Increment(ref compatible);
            var (writer, reader) = (Apache.Schema.Parse(writerText), Apache.Schema.Parse(readerText));
            for (var i = 0; i < 5; i++)
            {
                using var bytes = new MemoryStream();
                new Apache.Generic.GenericWriter<object>(writer).Write(random.Datum(writer)!, new Apache.IO.BinaryEncoder(bytes));
                bytes.Position = 0;
                new Apache.Generic.GenericReader<object>(writer, reader).Read(null!, new Apache.IO.BinaryDecoder(bytes));
                Assert.Equal(bytes.Length, bytes.Position);
            }
        }, iter: 3_000);
        Assert.True(compatible > 300, $"Only {compatible} pairs were compatible; the generator no longer tests anything.");
    }

    [Fact]
    public void What_Apache_Avro_cannot_resolve_in_a_flat_record_is_incompatible()
    {
        // With one field of one value, failing to read is failing to resolve.
        string[] types = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
        foreach (var (writerType, readerType) in types.SelectMany(writer => types.Select(reader => (writer, reader))))
        {
            static string Text(string type) => $$"""{"type":"record","name":"R","fields":[{"name":"f","type":"{{type}}"}]}""";
            var (writer, reader) = (Apache.Schema.Parse(Text(writerType)), Apache.Schema.Parse(Text(readerType)));
            using var bytes = new MemoryStream();
            new Apache.Generic.GenericWriter<object>(writer).Write(new RandomSchemas(1).Datum(writer)!, new Apache.IO.BinaryEncoder(bytes));
            bytes.Position = 0;
            var read = Record.Exception(() => new Apache.Generic.GenericReader<object>(writer, reader).Read(null!, new Apache.IO.BinaryDecoder(bytes)));
            if (read is not null) { Assert.False(IsCompatible(Text(readerType), Text(writerType)) && !IsBytesAndString(readerType, writerType), $"{writerType} as {readerType}"); }
        }
        static bool IsBytesAndString(string one, string other) => one is "bytes" or "string" && other is "bytes" or "string";
    }

    [Fact]
    public void Canonical_text_means_the_same_and_is_stable() => Seeds.Sample(seed =>
    {
        var text = new RandomSchemas(seed).Record();
        var once = AvroParser.Parse(text, [], true, 100);
        var twice = AvroParser.Parse(once.Canonical, [], true, 100);
        Assert.Equal(once.Canonical, twice.Canonical);
        Assert.Equal(once.Equivalence, twice.Equivalence);
        Assert.Equal(once.Normalized, twice.Normalized);
        Assert.Equal(once.Normalized, AvroParser.Parse(once.Normalized, [], true, 100).Normalized);
        Assert.Equal(Apache.SchemaNormalization.ToParsingForm(Apache.Schema.Parse(text)), Apache.SchemaNormalization.ToParsingForm(Apache.Schema.Parse(once.Canonical)));
        Assert.Empty(AvroCompatibility.Check(once.Schema, twice.Schema));
    }, iter: 1_000);

    [Fact]
    public void Random_bytes_are_refused_and_nothing_else_happens() =>
        Gen.Byte.Array[0, 64].Sample(bytes => ParsesOrRefuses(Encoding.UTF8.GetString(bytes)), iter: 5_000);

    [Fact]
    public void Mutated_schemas_are_accepted_or_refused_and_nothing_else_happens() => Gen.Select(Seeds, Gen.Int[1, 4]).Sample((seed, edits) =>
    {
        var random = new Random(seed);
        var text = new StringBuilder(new RandomSchemas(seed).Record());
        string[] pieces = ["{", "}", "[", "]", "\"", ",", ":", "null", "1e400", "-1", "\"R\"", "\"type\"", "\"\\ud800\"", "{}", "[]", "\0", "\"record\"", "9999999999"];
        for (var i = 0; i < edits; i++)
        {
            var at = random.Next(text.Length);
            var piece = pieces[random.Next(pieces.Length)];
            switch (random.Next(3))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at)); break;
                case 1: text.Insert(at, piece); break;
                default: text.Remove(at, Math.Min(piece.Length, text.Length - at)).Insert(at, piece); break;
            }
            if (text.Length == 0) { text.Append('x'); }
        }
        ParsesOrRefuses(text.ToString());
    }, iter: 5_000);

    [Fact]
    public void Members_of_any_type_are_accepted_or_refused_and_nothing_else_happens() => Gen.Select(Seeds, Seeds).Sample((seed, other) =>
    {
        // Well-formed JSON, so that the checks behind the JSON parser are met.
        var root = JsonNode.Parse(new RandomSchemas(seed).Record())!;
        var random = new Random(other);
        var nodes = new List<JsonNode>();
        void Walk(JsonNode? node)
        {
            if (node is null) { return; }
            nodes.Add(node);
            foreach (var child in node is JsonObject map ? map.Select(entry => entry.Value) : node is JsonArray list ? list : []) { Walk(child); }
        }
        Walk(root);
        if (nodes[random.Next(nodes.Count)] is JsonObject victim && victim.Count > 0)
        {
            var key = victim.ElementAt(random.Next(victim.Count)).Key;
            string[] values = ["null", "1", "-1", "1.5", "true", "\"\"", "\"x\"", "\"int\"", "[]", "{}", "[[]]", "[null]", "{\"type\":null}", "1e999"];
            victim[key] = JsonNode.Parse(values[random.Next(values.Length)]);
        }
        ParsesOrRefuses(root.ToJsonString());
    }, iter: 5_000);

    private static void ParsesOrRefuses(string text)
    {
        foreach (var strict in new[] { true, false })
        {
            try
            {
                var parsed = AvroParser.Parse(text, [], strict, 100);
                Assert.Equal(parsed.Canonical, AvroParser.Parse(parsed.Canonical, [], strict, 200).Canonical);
                _ = parsed.Normalized;
                Assert.Empty(AvroCompatibility.Check(parsed.Schema, parsed.Schema));
            }
            catch (AvroSchemaException)
            {
                // Refused, as it should be.
            }
        }
    }

    private static bool IsCompatible(string reader, string writer) => AvroCompatibility.Check(
        AvroParser.Parse(reader, [], true, 100).Schema, AvroParser.Parse(writer, [], true, 100).Schema).Count == 0;
}

/// <summary>Makes schemas, later versions of them, and data, all from one seed.</summary>
internal sealed class RandomSchemas(int seed)
{
    private static readonly string[] Primitives = ["boolean", "int", "long", "float", "double", "bytes", "string"];

    private readonly Random _random = new(seed);
    private int _names;

    public string Record() => Record(3).ToJsonString();

    /// <summary>A few edits such as a careful, or a careless, developer makes.</summary>
    public string Evolve(string text)
    {
        var root = JsonNode.Parse(text)!.AsObject();
        var edits = _random.Next(1, 4);
        for (var i = 0; i < edits; i++) { EvolveOnce(root); }
        return root.ToJsonString();
    }

    public object? Datum(Apache.Schema schema)
    {
        switch (schema)
        {
            case Apache.RecordSchema record:
                var datum = new Apache.Generic.GenericRecord(record);
                foreach (var field in record.Fields) { datum.Add(field.Name, Datum(field.Schema)); }
                return datum;
            case Apache.EnumSchema choice: return new Apache.Generic.GenericEnum(choice, choice.Symbols[_random.Next(choice.Symbols.Count)]);
            case Apache.FixedSchema sized: return new Apache.Generic.GenericFixed(sized, new byte[sized.Size]);
            case Apache.ArraySchema array: return Enumerable.Range(0, _random.Next(3)).Select(_ => Datum(array.ItemSchema)).ToArray();
            case Apache.MapSchema map: return Enumerable.Range(0, _random.Next(3)).ToDictionary(i => $"k{i}", _ => Datum(map.ValueSchema)!);
            case Apache.UnionSchema union: return Datum(union[_random.Next(union.Count)]);
        }
        return schema.Tag switch
        {
            Apache.Schema.Type.Null => null,
            Apache.Schema.Type.Boolean => _random.Next(2) == 0,
            Apache.Schema.Type.Int => _random.Next(),
            Apache.Schema.Type.Long => _random.NextInt64(),
            Apache.Schema.Type.Float => _random.NextSingle(),
            Apache.Schema.Type.Double => _random.NextDouble(),
            Apache.Schema.Type.Bytes => Encoding.UTF8.GetBytes("bytes"),
            _ => "text",
        };
    }

    private JsonObject Record(int depth) => new()
    {
        ["type"] = "record",
        ["name"] = $"R{_names++}",
        ["fields"] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 5)).Select(i => (JsonNode)new JsonObject { ["name"] = $"f{i}", ["type"] = Type(depth - 1) })]),
    };

    private JsonNode Type(int depth) => _random.Next(depth > 0 ? 12 : 6) switch
    {
        4 => new JsonObject { ["type"] = "enum", ["name"] = $"E{_names++}", ["symbols"] = new JsonArray("A", "B", "C") },
        5 => new JsonObject { ["type"] = "fixed", ["name"] = $"F{_names++}", ["size"] = _random.Next(1, 4) },
        6 => new JsonObject { ["type"] = "array", ["items"] = Type(depth - 1) },
        7 => new JsonObject { ["type"] = "map", ["values"] = Type(depth - 1) },
        8 or 9 => new JsonArray("null", NotUnion(depth - 1)),
        10 => Record(depth),
        _ => JsonValue.Create(Primitives[_random.Next(Primitives.Length)]),
    };

    private JsonNode NotUnion(int depth)
    {
        var type = Type(depth);
        return type is JsonArray ? JsonValue.Create("string") : type;
    }

    private void EvolveOnce(JsonObject record)
    {
        var fields = record["fields"]!.AsArray();
        var at = fields.Count == 0 ? -1 : _random.Next(fields.Count);
        switch (_random.Next(8))
        {
            case 0:
                fields.Add(new JsonObject { ["name"] = $"n{_names++}", ["type"] = "int", ["default"] = 1 });
                break;
            case 1:
                fields.Add(new JsonObject { ["name"] = $"n{_names++}", ["type"] = new JsonArray("null", "string"), ["default"] = null });
                break;
            case 2:
                fields.Add(new JsonObject { ["name"] = $"n{_names++}", ["type"] = "string" });
                break;
            case 3 when at >= 0:
                fields.RemoveAt(at);
                break;
            case 4 when at > 0:
                var moved = fields[at];
                fields.RemoveAt(at);
                fields.Insert(0, moved);
                break;
            case 5 when at >= 0:
                // Without bytes and string, between which Apache.Avro for .NET does not promote.
                fields[at]!["type"] = Primitives[_random.Next(Primitives.Length - 2)];
                fields[at]!.AsObject().Remove("default");
                break;
            case 6 when at >= 0 && fields[at]!["type"] is JsonValue simple:
                fields[at]!["type"] = new JsonArray("null", simple.DeepClone());
                fields[at]!.AsObject().Remove("default");
                break;
            case 7 when at >= 0 && fields[at]!["type"] is JsonObject nested:
                EvolveNested(nested);
                break;
        }
    }

    private void EvolveNested(JsonObject type)
    {
        switch ((string?)type["type"])
        {
            case "record": EvolveOnce(type); break;
            case "enum" when type["symbols"]!.AsArray() is { Count: > 1 } symbols:
                symbols.RemoveAt(symbols.Count - 1);
                if (_random.Next(2) == 0) { type["default"] = "A"; }
                break;
            case "fixed": type["size"] = _random.Next(1, 4); break;
        }
    }
}
