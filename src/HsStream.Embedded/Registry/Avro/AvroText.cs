using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HsStream.Embedded.Registry.Avro;

internal enum AvroForm
{
    /// <summary>What Java's <c>Schema.toString</c> writes.</summary>
    Canonical,

    /// <summary>What Confluent's registry stores under <c>normalize=true</c>.</summary>
    Normalized,

    /// <summary>Sorted, so that equal schemas give equal texts.</summary>
    Equivalence,

    /// <summary>
    /// One type's own shape, the types inside it by name only: documentation, aliases and enum defaults do not count.
    /// </summary>
    Shape,
}

/// <summary>Writes schemas as JSON, byte for byte as the Java implementation would.</summary>
/// <remarks>
/// Two registries sharing a topic call two schemas the same when these texts are the same, so key order, escapes and
/// number formats are part of the format and not a matter of taste.
/// </remarks>
internal sealed class AvroText
{
    private static readonly Dictionary<string, AvroKind[]> LogicalTypes = new(StringComparer.Ordinal)
    {
        ["decimal"] = [AvroKind.Bytes, AvroKind.Fixed],
        ["big-decimal"] = [AvroKind.Bytes],
        ["uuid"] = [AvroKind.String, AvroKind.Fixed],
        ["duration"] = [AvroKind.Fixed],
        ["date"] = [AvroKind.Int],
        ["time-millis"] = [AvroKind.Int],
        ["time-micros"] = [AvroKind.Long],
        ["timestamp-millis"] = [AvroKind.Long],
        ["timestamp-micros"] = [AvroKind.Long],
        ["timestamp-nanos"] = [AvroKind.Long],
        ["local-timestamp-millis"] = [AvroKind.Long],
        ["local-timestamp-micros"] = [AvroKind.Long],
        ["local-timestamp-nanos"] = [AvroKind.Long],
    };

    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _known;
    private readonly AvroForm _form;
    private readonly int _maxDepth;
    private int _depth;

    private AvroText(IEnumerable<string> known, AvroForm form, int maxDepth) =>
        (_known, _form, _maxDepth) = (new(known, StringComparer.Ordinal), form, maxDepth);

    private bool Sorted => _form != AvroForm.Canonical;

    /// <param name="known">Full names that are written as names even where they occur first.</param>
    /// <exception cref="AvroSchemaException">Types are nested, directly or through names, deeper than allowed.</exception>
    public static string Write(AvroSchema schema, IEnumerable<string> known, AvroForm form, int maxDepth)
    {
        var writer = new AvroText(known, form, maxDepth);
        writer.Type(schema, null);
        return writer._text.ToString();
    }

    private void Type(AvroSchema schema, string? space)
    {
        if (++_depth > _maxDepth) { throw new AvroSchemaException($"Types are nested more than {_maxDepth} deep"); }
        if (schema.IsNamed && ((_form == AvroForm.Shape && _depth > 1) || !_known.Add(schema.Name.Full)))
        {
            Quote(_text, Qualified(schema.Name, _form == AvroForm.Shape ? null : space));
        }
        else if (schema.Kind == AvroKind.Union)
        {
            List('[', schema.Branches, branch => Type(branch, space));
        }
        else if (schema.Kind <= AvroKind.String && schema.Props.Count == 0)
        {
            Quote(_text, schema.TypeName);
        }
        else
        {
            Body(schema, space);
        }
        _depth--;
    }

    private void Body(AvroSchema schema, string? space)
    {
        _text.Append("{\"type\":");
        Quote(_text, _form == AvroForm.Normalized && schema.IsError ? "record" : schema.TypeName);
        if (schema.IsNamed)
        {
            Member("name", schema.Name.Simple);
            if (schema.Name.Space != space) { Member("namespace", schema.Name.Space ?? ""); }
            if (_form != AvroForm.Shape && !(_form == AvroForm.Normalized && schema.Doc == "")) { Member("doc", schema.Doc); }
        }
        switch (schema.Kind)
        {
            case AvroKind.Array: Type(Key("items", schema.Element!), space); break;
            case AvroKind.Map: Type(Key("values", schema.Element!), space); break;
            case AvroKind.Fixed: _text.Append(Key("size", schema.Size)); break;
            case AvroKind.Record: List('[', Key("fields", schema.Fields), field => Field(field, schema.Name.Space)); break;
            case AvroKind.Enum:
                List('[', Key("symbols", schema.Symbols), symbol => Quote(_text, symbol));
                if (_form != AvroForm.Shape) { Member("default", schema.EnumDefault); }
                break;
        }
        Props(schema.Props, schema);
        Aliases(schema.Aliases.Select(alias => Qualified(alias, schema.Name.Space)));
        _text.Append('}');
    }

    private void Field(AvroField field, string? space)
    {
        _text.Append("{\"name\":");
        Quote(_text, field.Name);
        Type(Key("type", field.Type), space);
        if (_form != AvroForm.Shape) { Member("doc", field.Doc); }
        if (field.Default is { } value) { Value(Key("default", value), _form == AvroForm.Normalized ? field.Type : null); }
        Member("order", field.Order);
        Aliases(field.Aliases);
        Props(field.Props, null);
        _text.Append('}');
    }

    private void Props(IEnumerable<KeyValuePair<string, JsonElement>> props, AvroSchema? owner)
    {
        if (Sorted)
        {
            var first = _form == AvroForm.Normalized && owner is not null && HasLogicalType(owner);
            props = props.OrderBy(prop => first ? Rank(prop.Key, owner!) : 3).ThenBy(prop => prop.Key, StringComparer.Ordinal);
        }
        foreach (var (key, value) in props) { Value(Key(key, value), null); }
    }

    private static bool HasLogicalType(AvroSchema schema)
    {
        var props = schema.Props.ToDictionary(prop => prop.Key, prop => prop.Value);
        if (!props.TryGetValue("logicalType", out var name) || name.ValueKind != JsonValueKind.String
            || !LogicalTypes.TryGetValue(name.GetString()!, out var kinds) || !kinds.Contains(schema.Kind))
        {
            return false;
        }
        return name.GetString() != "decimal"
            || (props.TryGetValue("precision", out var precision) && precision.ValueKind == JsonValueKind.Number
                && precision.TryGetInt32(out var digits) && digits > 0);
    }

    private static int Rank(string key, AvroSchema owner) => key switch
    {
        "logicalType" => 0,
        "precision" when owner.Kind is AvroKind.Bytes or AvroKind.Fixed => 1,
        "scale" when owner.Kind is AvroKind.Bytes or AvroKind.Fixed => 2,
        _ => 3,
    };

    private void Aliases(IEnumerable<string> aliases)
    {
        if (_form == AvroForm.Shape) { return; }
        var list = (Sorted ? aliases.Order(StringComparer.Ordinal) : aliases).ToList();
        if (list.Count > 0) { List('[', Key("aliases", list), alias => Quote(_text, alias)); }
    }

    /// <param name="type">Given when a default's numbers are to be written as values of that type.</param>
    private void Value(JsonElement json, AvroSchema? type)
    {
        if (type is { Kind: AvroKind.Union, Branches.Count: > 0 }) { type = type.Branches[0]; }
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var fields = type?.Kind == AvroKind.Record ? type.Fields.ToDictionary(field => field.Name, field => field.Type) : [];
                IEnumerable<KeyValuePair<string, JsonElement>> members = Members(json);
                if (Sorted) { members = members.OrderBy(member => member.Key, StringComparer.Ordinal); }
                List('{', members, member =>
                {
                    Quote(_text, member.Key);
                    _text.Append(':');
                    Value(member.Value, type?.Kind == AvroKind.Map ? type.Element : fields.GetValueOrDefault(member.Key));
                });
                break;
            case JsonValueKind.Array:
                List('[', json.EnumerateArray(), item => Value(item, type?.Kind == AvroKind.Array ? type.Element : null));
                break;
            case JsonValueKind.String: Quote(_text, json.GetString()!); break;
            case JsonValueKind.Number: _text.Append(NumberText(json, type?.Kind)); break;
            default: _text.Append(json.GetRawText()); break;
        }
    }

    /// <summary>The members of an object; a repeated key keeps its first place and its last value, as in Java.</summary>
    public static List<KeyValuePair<string, JsonElement>> Members(JsonElement json)
    {
        var members = new List<KeyValuePair<string, JsonElement>>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in json.EnumerateObject())
        {
            var member = KeyValuePair.Create(entry.Name, entry.Value);
            if (places.TryAdd(entry.Name, members.Count)) { members.Add(member); } else { members[places[entry.Name]] = member; }
        }
        return members;
    }

    private static string NumberText(JsonElement json, AvroKind? kind)
    {
        var raw = json.GetRawText();
        if (kind == AvroKind.Float && json.GetSingle() is var single && float.IsFinite(single))
        {
            return JavaNumber(single.ToString("R", CultureInfo.InvariantCulture));
        }
        if (kind == AvroKind.Double || raw.AsSpan().IndexOfAny('.', 'e', 'E') >= 0) { return Number(json.GetDouble()); }
        return raw == "-0" ? "0" : raw;
    }

    /// <summary>JSON for a double, in Java's format; what JSON has no number for becomes a string.</summary>
    public static string Number(double value) =>
        double.IsNaN(value) ? "\"NaN\"" : double.IsInfinity(value) ? value > 0 ? "\"Infinity\"" : "\"-Infinity\""
        : JavaNumber(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>The shortest digits that .NET found, laid out as Java's <c>Double.toString</c> does.</summary>
    private static string JavaNumber(string shortest)
    {
        var sign = shortest.StartsWith('-') ? "-" : "";
        var parts = shortest[sign.Length..].Split('E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? parts[0].Length : point;
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        if (leading == digits.Length) { return sign + "0.0"; }
        var exponent = whole - leading - 1 + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        digits = digits.Trim('0');
        if (exponent is < -3 or >= 7) { return $"{sign}{digits[0]}.{(digits.Length > 1 ? digits[1..] : "0")}E{exponent}"; }
        if (exponent < 0) { return $"{sign}0.{new string('0', -exponent - 1)}{digits}"; }
        digits = digits.PadRight(exponent + 2, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    // A type whose name is also the name of a primitive needs its namespace even inside it.
    private static string Qualified(AvroName name, string? space) =>
        name.Space is not null && name.Space == space && !Enum.GetNames<AvroKind>().Contains(name.Simple, StringComparer.OrdinalIgnoreCase)
            ? name.Simple : name.Full;

    private void Member(string key, string? value)
    {
        if (value is not null) { Quote(_text, Key(key, value)); }
    }

    private T Key<T>(string key, T value)
    {
        _text.Append(',');
        Quote(_text, key);
        _text.Append(':');
        return value;
    }

    private void List<T>(char open, IEnumerable<T> items, Action<T> write)
    {
        _text.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first) { _text.Append(','); }
            first = false;
            write(item);
        }
        _text.Append(open == '[' ? ']' : '}');
    }

    /// <summary>A JSON string with only the escapes that JSON demands.</summary>
    public static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}
