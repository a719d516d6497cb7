using System.Text.Json;

namespace HsStream.Embedded.Registry.Avro;

internal enum AvroKind
{
    Null, Boolean, Int, Long, Float, Double, Bytes, String, Record, Enum, Array, Map, Union, Fixed,
}

/// <summary>A name and the namespace it lives in; null stands for the empty namespace.</summary>
internal readonly record struct AvroName(string Simple, string? Space)
{
    public string Full => Space is null ? Simple : Space + "." + Simple;

    /// <summary>A dotted <paramref name="name"/> carries its own namespace and ignores <paramref name="space"/>.</summary>
    public static AvroName Of(string name, string? space)
    {
        var dot = name.LastIndexOf('.');
        if (dot >= 0) { (space, name) = (name[..dot], name[(dot + 1)..]); }
        return new AvroName(name, string.IsNullOrEmpty(space) ? null : space);
    }
}

/// <summary>One node of a parsed schema. Recursive types make it a graph, so nodes compare by identity.</summary>
/// <remarks>Members are filled in by <see cref="AvroParser"/> and never change once it has returned.</remarks>
internal sealed class AvroSchema(AvroKind kind)
{
    public AvroKind Kind { get; } = kind;

    /// <summary>Set for records, enums and fixed types only.</summary>
    public AvroName Name { get; init; }

    public string? Doc { get; init; }

    /// <summary>True for a record declared with the type "error", which differs only in how it is written.</summary>
    public bool IsError { get; init; }

    public IReadOnlyList<AvroName> Aliases { get; init; } = [];

    public List<AvroField> Fields { get; } = [];

    public IReadOnlyList<string> Symbols { get; init; } = [];

    public string? EnumDefault { get; init; }

    public int Size { get; init; }

    /// <summary>The items of an array or the values of a map.</summary>
    public AvroSchema? Element { get; set; }

    public List<AvroSchema> Branches { get; } = [];

    /// <summary>Everything the specification does not reserve, in the order written; logical types are here too.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Props { get; init; } = [];

    public bool IsNamed => Kind is AvroKind.Record or AvroKind.Enum or AvroKind.Fixed;

    /// <summary>What tells the branches of a union apart: the full name, or the type for unnamed types.</summary>
    public string FullName => IsNamed ? Name.Full : TypeName;

    public string TypeName => IsError ? "error" : Kind.ToString().ToLowerInvariant();
}

internal sealed class AvroField(string name)
{
    public string Name { get; } = name;

    public AvroSchema Type { get; set; } = null!;

    public string? Doc { get; init; }

    /// <summary>Null when the field has no default, which is not the same as a default of JSON null.</summary>
    public JsonElement? Default { get; set; }

    /// <summary>Null for the ordinary ascending order.</summary>
    public string? Order { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, JsonElement>> Props { get; init; } = [];
}

/// <summary>The text is not a schema; the message says what was expected and where.</summary>
internal sealed class AvroSchemaException(string message) : Exception(message);
