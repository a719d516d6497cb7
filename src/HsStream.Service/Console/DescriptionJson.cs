using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using HsStream.Domain.Messages;
using HsStream.Streaming.Codecs;

namespace HsStream.Service.Console;

/// <summary>Reads one description from JSON and says precisely what is wrong with it.</summary>
/// <remarks>Members as in <c>schemas/ProductDescription.avsc</c>; any other is refused, since a misspelt one would be lost in silence.</remarks>
internal sealed class DescriptionJson(MessageLimits limits, TimeProvider time)
{
    private const int MaxNameLength = 100;
    private const string Members = "description_id, text, source, declared_code, described_at and attributes";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <param name="utf8">One JSON object.</param>
    /// <param name="makeId">Gives the id when the object has none.</param>
    /// <param name="description">Null when it is refused.</param>
    /// <returns>Null when it is a description.</returns>
    public Refusal? Read(ReadOnlyMemory<byte> utf8, Func<string> makeId, out ProductDescription? description)
    {
        description = null;
        if (!Utf8.IsValid(utf8.Span)) { return new Refusal("body", "UTF-8", "bytes that are none"); }
        try
        {
            using var json = JsonDocument.Parse(utf8, Strict);
            return Read(json.RootElement, makeId, out description);
        }
        catch (InvalidOperationException)
        {
            return new Refusal("body", "names of valid Unicode", "half of a surrogate pair");
        }
        catch (JsonException e)
        {
            // The parser's message may quote the line, and that is the description.
            return new Refusal("body", "one JSON object with no member twice", $"what is not, at byte {e.BytePositionInLine ?? 0} of line {(e.LineNumber ?? 0) + 1}");
        }
    }

    private Refusal? Read(JsonElement json, Func<string> makeId, out ProductDescription? description)
    {
        description = null;
        if (json.ValueKind != JsonValueKind.Object) { return new Refusal("body", "a JSON object", Kind(json)); }
        string? id = null, text = null, source = null, declared = null;
        DateTimeOffset? describedAt = null;
        var attributes = new Dictionary<string, string>();
        Refusal? refusal = null;
        foreach (var member in json.EnumerateObject())
        {
            var name = Name(member);
            refusal = name switch
            {
                "description_id" => Text(member.Value, "description_id", int.MaxValue, out id) ?? (id is null ? null : DescriptionIds.Check("description_id", id)),
                "text" => Text(member.Value, "text", int.MaxValue, out text),
                "source" => Text(member.Value, "source", DescriptionIds.MaxLength, out source),
                "declared_code" => Text(member.Value, "declared_code", MaxNameLength, out declared),
                "described_at" => Time(member.Value, out describedAt),
                "attributes" => Attributes(member.Value, attributes),
                _ => new Refusal(name is null ? "body" : Field(name), $"no members but {Members}", "another one"),
            };
            if (refusal is not null) { return refusal; }
        }

        refusal = CheckText(text);
        if (refusal is not null) { return refusal; }
        description = new ProductDescription
        {
            DescriptionId = id ?? makeId(), Text = text!, Source = source, DeclaredCode = declared, DescribedAt = describedAt, Attributes = attributes,
        };
        return null;
    }

    private Refusal? CheckText(string? text)
    {
        if (text is null) { return new Refusal("text", "the description", "none"); }
        if (string.IsNullOrWhiteSpace(text)) { return new Refusal("text", "a description", text.Length == 0 ? "an empty text" : "nothing but white space"); }
        return text.Length > limits.MaxTextLength ? new Refusal("text", $"at most {limits.MaxTextLength} characters", $"{text.Length}") : null;
    }

    private Refusal? Time(JsonElement json, out DateTimeOffset? instant)
    {
        const string Rule = "null or an ISO 8601 instant with its offset from UTC, such as 2026-01-31T12:00:00Z, from 1988 to tomorrow";
        instant = null;
        if (Text(json, "described_at", MaxNameLength, out var text) is { } refusal) { return refusal with { Expected = Rule }; }
        if (text is null) { return null; }
        var hasOffset = text.EndsWith('Z') || text.AsSpan(Math.Min(text.Length, 11)).ContainsAny('+', '-');
        if (!hasOffset || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)) { return new Refusal("described_at", Rule, Refusal.Show(text)); }
        if (read.Year < 1988 || read > time.GetUtcNow().AddDays(1)) { return new Refusal("described_at", Rule, Refusal.Show(text)); }
        instant = read.ToUniversalTime();
        return null;
    }

    private Refusal? Attributes(JsonElement json, Dictionary<string, string> attributes)
    {
        if (json.ValueKind == JsonValueKind.Null) { return null; }
        if (json.ValueKind != JsonValueKind.Object) { return new Refusal("attributes", "an object of strings", Kind(json)); }
        foreach (var member in json.EnumerateObject())
        {
            if (Name(member) is not { } name || name.Contains('\0', StringComparison.Ordinal)) { return new Refusal("attributes", "names of valid Unicode without NUL", "another one"); }
            var field = $"attributes.{Field(name)}";
            if (name.Length is < 1 or > MaxNameLength) { return new Refusal("attributes", $"names of 1 to {MaxNameLength} characters", $"one of {name.Length}"); }
            if (attributes.Count == limits.MaxAttributes) { return new Refusal("attributes", $"at most {limits.MaxAttributes}", "more"); }
            if (Text(member.Value, field, limits.MaxFieldLength, out var value) is { } refusal) { return refusal; }
            if (value is null) { return new Refusal(field, "a string", "null"); }
            attributes[name] = value;
        }

        return null;
    }

    /// <summary>A string, or null where JSON says null.</summary>
    private static Refusal? Text(JsonElement json, string field, int maxLength, out string? text)
    {
        text = null;
        if (json.ValueKind == JsonValueKind.Null) { return null; }
        if (json.ValueKind != JsonValueKind.String) { return new Refusal(field, "a string", Kind(json)); }
        try
        {
            text = json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return new Refusal(field, "valid Unicode", "half of a surrogate pair");
        }

        if (text.Contains('\0', StringComparison.Ordinal)) { return new Refusal(field, "a string without NUL", "one with NUL"); }
        return text.Length > maxLength ? new Refusal(field, $"at most {maxLength} characters", $"{text.Length}") : null;
    }

    private static string? Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;            // half of a surrogate pair, escaped
        }
    }

    private static string Field(string name) => Refusal.Show(name).Trim('\'');

    private static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
