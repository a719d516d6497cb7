using System.Globalization;
using System.Text.Json;

namespace HsStream.Embedded.Registry.Avro;

/// <summary>Reads schema text as the Java implementation does, which is what Confluent's registry stores.</summary>
/// <remarks>
/// A name may be used before it is defined, so names are bound, and unions, defaults and redefinitions checked, after
/// the whole text has been read. Rules: Avro 1.12 specification, "Schema Declaration" and "Names".
/// </remarks>
internal sealed class AvroParser
{
    private const int MaxDefaultChecks = 100_000;

    private static readonly string[] TypeReserved =
        ["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"];
    private static readonly string[] EnumReserved = [.. TypeReserved, "default"];
    private static readonly string[] FieldReserved = ["default", "doc", "name", "order", "type", "aliases"];

    private static readonly Dictionary<string, AvroKind> Primitives = Enum.GetValues<AvroKind>()
        .Where(kind => kind <= AvroKind.String).ToDictionary(kind => kind.ToString().ToLowerInvariant());

    private readonly Dictionary<string, AvroSchema> _known = new(StringComparer.Ordinal);
    private readonly List<Action> _bindings = [];
    private readonly List<Action> _checks = [];
    private readonly int _maxDepth;
    private bool _strict;
    private int _defaultChecks;

    private AvroParser(int maxDepth) => _maxDepth = maxDepth;

    /// <param name="references">Texts of the schemas this one refers to, each after those it needs itself.</param>
    /// <param name="strict">
    /// For new schemas: ASCII names only and every default checked. What is already stored was accepted by some
    /// registry and only has to be readable.
    /// </param>
    /// <exception cref="AvroSchemaException">The text is not a valid schema.</exception>
    public static ParsedAvro Parse(string text, IEnumerable<string> references, bool strict, int maxDepth)
    {
        var parser = new AvroParser(maxDepth);
        try
        {
            var known = references.Select(reference => parser.ParseText(reference).FullName).ToList();
            parser._strict = strict;
            return new ParsedAvro(parser.ParseText(text), known, maxDepth);
        }
        catch (JsonException e)
        {
            throw new AvroSchemaException($"Not JSON: {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            // A string with half a surrogate pair is legal JSON that has no text.
            throw new AvroSchemaException($"Not text: {e.Message}");
        }
    }

    private AvroSchema ParseText(string text)
    {
        using var document = JsonDocument.Parse(
            text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, MaxDepth = _maxDepth });
        AvroSchema? root = null;
        Read(document.RootElement.Clone(), null, schema => root = schema);
        foreach (var bind in _bindings) { bind(); }
        foreach (var check in _checks) { check(); }
        _bindings.Clear();
        _checks.Clear();
        return root!;
    }

    private void Read(JsonElement json, string? space, Action<AvroSchema> found)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                Name(json.GetString()!, space, found);
                break;
            case JsonValueKind.Array:
                found(Union(json, space));
                break;
            case JsonValueKind.Object:
                Object(json, space, found);
                break;
            default:
                throw Bad("Expected a type name, an object or an array", json);
        }
    }

    private void Name(string name, string? space, Action<AvroSchema> found)
    {
        if (Primitives.TryGetValue(name, out var kind)) { found(new AvroSchema(kind)); return; }
        var full = AvroName.Of(name, space).Full;
        _bindings.Add(() => found(
            _known.TryGetValue(full, out var schema) || _known.TryGetValue(name, out schema)
                ? schema : throw new AvroSchemaException($"Undefined name: \"{full}\"")));
    }

    private void Object(JsonElement json, string? space, Action<AvroSchema> found)
    {
        var type = Text(json, "type") ?? throw Bad("No type", json);
        if (Primitives.TryGetValue(type, out var kind))
        {
            found(new AvroSchema(kind) { Props = Props(json, TypeReserved) });
            return;
        }
        switch (type)
        {
            case "record" or "error": found(Record(json, space, type == "error")); break;
            case "enum": found(Enumeration(json, space)); break;
            case "fixed": found(FixedType(json, space)); break;
            case "array": found(Container(json, space, AvroKind.Array, "items")); break;
            case "map": found(Container(json, space, AvroKind.Map, "values")); break;
            default: Name(type, space, found); break;
        }
    }

    private AvroSchema Container(JsonElement json, string? space, AvroKind kind, string key)
    {
        if (!json.TryGetProperty(key, out var element)) { throw Bad($"{kind} has no {key} type", json); }
        var schema = new AvroSchema(kind) { Props = Props(json, TypeReserved) };
        Read(element, space, found => schema.Element = found);
        return schema;
    }

    private AvroSchema Union(JsonElement json, string? space)
    {
        var schema = new AvroSchema(AvroKind.Union);
        foreach (var branch in json.EnumerateArray())
        {
            var index = schema.Branches.Count;
            schema.Branches.Add(null!);
            Read(branch, space, found => schema.Branches[index] = found);
        }
        _checks.Add(() =>
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var branch in schema.Branches)
            {
                if (branch.Kind == AvroKind.Union) { throw Bad("Nested union", json); }
                if (!seen.Add(branch.FullName)) { throw Bad($"Duplicate in union: {branch.FullName}", json); }
            }
        });
        return schema;
    }

    private AvroSchema Record(JsonElement json, string? space, bool isError)
    {
        var name = TypeName(json, space);
        if (!json.TryGetProperty("fields", out var fields) || fields.ValueKind != JsonValueKind.Array)
        {
            throw Bad("Record has no fields", json);
        }
        var schema = new AvroSchema(AvroKind.Record)
        {
            Name = name,
            Doc = Text(json, "doc"),
            IsError = isError,
            Aliases = Aliases(json, name),
            Props = Props(json, TypeReserved),
        };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in fields.EnumerateArray())
        {
            var field = Field(item, name.Space);
            if (!seen.Add(field.Name)) { throw Bad($"Duplicate field {field.Name} in record {name.Full}", json); }
            schema.Fields.Add(field);
        }
        return Define(schema);
    }

    private AvroField Field(JsonElement json, string? space)
    {
        if (json.ValueKind != JsonValueKind.Object) { throw Bad("A field is an object", json); }
        var name = CheckName(Text(json, "name") ?? throw Bad("No field name", json));
        if (!json.TryGetProperty("type", out var type)) { throw Bad("No field type", json); }
        string? order = null;
        if (json.TryGetProperty("order", out _))
        {
            order = Text(json, "order")?.ToLowerInvariant();
            if (order is not ("ascending" or "descending" or "ignore"))
            {
                throw Bad("A field's order is ascending, descending or ignore", json);
            }
        }
        var field = new AvroField(name)
        {
            Doc = Text(json, "doc"),
            Order = order == "ascending" ? null : order,
            Aliases = AliasTexts(json),
            Props = Props(json, FieldReserved),
            Default = json.TryGetProperty("default", out var value) ? value : null,
        };
        Read(type, space, found => field.Type = found);
        var strict = _strict;
        _checks.Add(() => CheckDefault(field, strict));
        return field;
    }

    private void CheckDefault(AvroField field, bool strict)
    {
        if (field.Default is not { } value) { return; }
        if (field.Type.Kind is AvroKind.Float or AvroKind.Double && value.ValueKind == JsonValueKind.String)
        {
            // Java reads "NaN" and quoted numbers as numbers here.
            if (!double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                throw new AvroSchemaException($"Invalid default for field {field.Name}: {Shorten(value)} is not a number");
            }
            using var document = JsonDocument.Parse(AvroText.Number(number));
            field.Default = document.RootElement.Clone();
            return;
        }
        if (strict && !IsDefault(field.Type, value, 0))
        {
            throw new AvroSchemaException(
                $"Invalid default for field {field.Name}: {Shorten(value)} not a {field.Type.FullName}");
        }
    }

    /// <summary>Whether the JSON value stands for a value of the type; any branch of a union will do.</summary>
    private bool IsDefault(AvroSchema type, JsonElement value, int depth)
    {
        // Records whose defaults lean on their own defaults never end, and unions of records can double at each level.
        if (depth > _maxDepth || ++_defaultChecks > MaxDefaultChecks) { throw new AvroSchemaException("Invalid default: it takes too many other defaults to complete it"); }
        switch (type.Kind)
        {
            case AvroKind.Null: return value.ValueKind == JsonValueKind.Null;
            case AvroKind.Boolean: return value.ValueKind is JsonValueKind.True or JsonValueKind.False;
            case AvroKind.Int: return IsInteger(value) && value.TryGetInt32(out _);
            case AvroKind.Long: return IsInteger(value) && value.TryGetInt64(out _);
            case AvroKind.Float or AvroKind.Double: return value.ValueKind == JsonValueKind.Number;
            case AvroKind.String or AvroKind.Bytes or AvroKind.Enum or AvroKind.Fixed:
                return value.ValueKind == JsonValueKind.String;
            case AvroKind.Array:
                return value.ValueKind == JsonValueKind.Array
                    && value.EnumerateArray().All(item => IsDefault(type.Element!, item, depth + 1));
            case AvroKind.Map:
                return value.ValueKind == JsonValueKind.Object
                    && value.EnumerateObject().All(entry => IsDefault(type.Element!, entry.Value, depth + 1));
            case AvroKind.Union:
                return type.Branches.Any(branch => IsDefault(branch, value, depth + 1));
            default:
                return value.ValueKind == JsonValueKind.Object && type.Fields.All(field =>
                    (value.TryGetProperty(field.Name, out var given) ? given : field.Default) is { } used
                    && IsDefault(field.Type, used, depth + 1));
        }
    }

    private AvroSchema Enumeration(JsonElement json, string? space)
    {
        var name = TypeName(json, space);
        if (!json.TryGetProperty("symbols", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Bad("Enum has no symbols", json);
        }
        var symbols = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String) { throw Bad("An enum symbol is a string", json); }
            symbols.Add(CheckName(item.GetString()!));
        }
        if (symbols.Distinct(StringComparer.Ordinal).Count() != symbols.Count) { throw Bad("Duplicate enum symbol", json); }
        var fallback = Text(json, "default");
        if (fallback is not null && !symbols.Contains(fallback))
        {
            throw new AvroSchemaException(
                $"The Enum Default: {fallback} is not in the enum symbol set: [{string.Join(", ", symbols)}]");
        }
        return Define(new AvroSchema(AvroKind.Enum)
        {
            Name = name,
            Doc = Text(json, "doc"),
            Symbols = symbols,
            EnumDefault = fallback,
            Aliases = Aliases(json, name),
            Props = Props(json, EnumReserved),
        });
    }

    private AvroSchema FixedType(JsonElement json, string? space)
    {
        var name = TypeName(json, space);
        if (!json.TryGetProperty("size", out var size) || !IsInteger(size) || !size.TryGetInt32(out var bytes) || bytes < 0)
        {
            throw Bad("Invalid or no size", json);
        }
        return Define(new AvroSchema(AvroKind.Fixed)
        {
            Name = name,
            Doc = Text(json, "doc"),
            Size = bytes,
            Aliases = Aliases(json, name),
            Props = Props(json, TypeReserved),
        });
    }

    private AvroSchema Define(AvroSchema schema)
    {
        if (!_known.TryAdd(schema.Name.Full, schema))
        {
            var first = _known[schema.Name.Full];
            _checks.Add(() =>
            {
                if (AvroText.Write(first, [], AvroForm.Shape, _maxDepth) != AvroText.Write(schema, [], AvroForm.Shape, _maxDepth))
                {
                    throw new AvroSchemaException($"Can't redefine: {schema.Name.Full}");
                }
            });
        }
        return schema;
    }

    private AvroName TypeName(JsonElement json, string? space)
    {
        var name = AvroName.Of(Text(json, "name") ?? throw Bad("No name in schema", json), Text(json, "namespace") ?? space);
        if (Primitives.ContainsKey(name.Full)) { throw Bad($"Schemas may not be named after primitives: {name.Full}", json); }
        CheckName(name.Simple);
        if (_strict && name.Space is not null)
        {
            foreach (var part in name.Space.Split('.')) { CheckName(part); }
        }
        return name;
    }

    private string CheckName(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            var letter = c == '_' || (_strict ? char.IsAsciiLetter(c) : char.IsLetter(c));
            if (!letter && (i == 0 || !(_strict ? char.IsAsciiDigit(c) : char.IsDigit(c))))
            {
                throw new AvroSchemaException($"Illegal {(i == 0 ? "initial character" : "character in")}: {name}");
            }
        }
        return name.Length > 0 ? name : throw new AvroSchemaException("Empty name");
    }

    private List<AvroName> Aliases(JsonElement json, AvroName name)
    {
        var aliases = AliasTexts(json).Select(alias => AvroName.Of(alias, name.Space)).Distinct().ToList();
        aliases.ForEach(alias => CheckName(alias.Simple));
        return aliases;
    }

    private static List<string> AliasTexts(JsonElement json)
    {
        if (!json.TryGetProperty("aliases", out var list)) { return []; }
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            throw Bad("aliases is an array of strings", json);
        }
        return [.. list.EnumerateArray().Select(item => item.GetString()!).Distinct(StringComparer.Ordinal)];
    }

    private static List<KeyValuePair<string, JsonElement>> Props(JsonElement json, string[] reserved) =>
        [.. AvroText.Members(json).Where(entry => !reserved.Contains(entry.Key, StringComparer.Ordinal))];

    private static string? Text(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsInteger(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0;

    private static AvroSchemaException Bad(string message, JsonElement json) => new($"{message}: {Shorten(json)}");

    private static string Shorten(JsonElement json)
    {
        var text = json.GetRawText();
        return text.Length <= 200 ? text : text[..200] + "...";
    }
}

/// <summary>A schema with the names it takes from its references.</summary>
internal sealed class ParsedAvro(AvroSchema schema, IReadOnlyList<string> known, int maxDepth)
{
    public AvroSchema Schema { get; } = schema;

    /// <summary>The text stored and compared: what is defined in a reference is named, not repeated.</summary>
    public string Canonical { get; } = AvroText.Write(schema, known, AvroForm.Canonical, maxDepth);

    /// <summary>The canonical text with everything inlined that the references define.</summary>
    public string Resolved => AvroText.Write(Schema, [], AvroForm.Canonical, maxDepth);

    /// <summary>Canonical, with properties, aliases and equal ways to write a default brought to one form.</summary>
    public string Normalized => AvroText.Write(Schema, known, AvroForm.Normalized, maxDepth);

    /// <summary>Equal for two schemas exactly when they differ in nothing but order and references.</summary>
    public string Equivalence => AvroText.Write(Schema, [], AvroForm.Equivalence, maxDepth);
}
