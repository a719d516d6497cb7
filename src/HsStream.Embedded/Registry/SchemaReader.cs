using HsStream.Embedded.Registry.Avro;

namespace HsStream.Embedded.Registry;

/// <summary>Bounds on what a client may ask the parser to do.</summary>
internal sealed record SchemaLimits(int MaxSchemaBytes, int MaxDepth);

/// <summary>Parses schemas together with what they refer to. Pure; knows the state only to follow references.</summary>
internal static class SchemaReader
{
    /// <param name="strict">For a new schema: see <see cref="AvroParser"/>; its references must not be deleted either.</param>
    /// <param name="normalized">Store the one form that all equal ways of writing the schema share.</param>
    /// <returns>The parsed schema, and the request with the text and references that would be stored.</returns>
    /// <exception cref="RegistryException">42201 or 42209.</exception>
    public static (ParsedAvro Parsed, SchemaRequest Canonical) Read(
        RegistryState state, string subject, SchemaRequest request, bool strict, bool normalized, SchemaLimits limits)
    {
        if (request.SchemaType != StoredSchema.Avro) { throw RegistryException.InvalidSchema($"Invalid schema type {request.SchemaType}"); }
        if (string.IsNullOrWhiteSpace(request.Schema)) { throw RegistryException.InvalidSchema("Empty schema"); }
        if (request.Schema.Length > limits.MaxSchemaBytes || System.Text.Encoding.UTF8.GetByteCount(request.Schema) > limits.MaxSchemaBytes)
        {
            throw RegistryException.SchemaTooLarge($"Schema is too large: at most {limits.MaxSchemaBytes} bytes are accepted");
        }
        try
        {
            var references = request.References.Select(reference => reference with
            {
                Version = Target(state, subject, reference, !strict).Version,
            }).ToList();
            var parsed = AvroParser.Parse(request.Schema, Texts(state, subject, references, !strict, limits), strict, limits.MaxDepth);
            if (normalized)
            {
                references = [.. references.Distinct().OrderBy(reference => reference.Name, StringComparer.Ordinal)
                    .ThenBy(reference => reference.Subject, StringComparer.Ordinal).ThenBy(reference => reference.Version)];
            }
            return (parsed, request with { Schema = normalized ? parsed.Normalized : parsed.Canonical, References = references });
        }
        catch (AvroSchemaException e)
        {
            throw RegistryException.InvalidSchema($"Invalid schema of type AVRO, details: {e.Message}");
        }
    }

    /// <summary>Reads back what is stored. What another registry accepted is not judged again.</summary>
    /// <exception cref="AvroSchemaException">It is not Avro, or refers to what is no longer there.</exception>
    public static ParsedAvro Read(RegistryState state, StoredSchema stored, SchemaLimits limits) =>
        stored.SchemaType == StoredSchema.Avro
            ? AvroParser.Parse(stored.Schema, Texts(state, stored.Subject, stored.References, true, limits), strict: false, limits.MaxDepth)
            : throw new AvroSchemaException($"Schema {stored.Id} is of type {stored.SchemaType}");

    /// <summary>The texts referred to, directly or not, each after those it needs; a name counts once.</summary>
    private static List<string> Texts(
        RegistryState state, string subject, IReadOnlyList<SchemaReference> references, bool deletedToo, SchemaLimits limits)
    {
        var texts = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        long bytes = 0;
        void Follow(string parent, IReadOnlyList<SchemaReference> list, int depth)
        {
            if (depth > limits.MaxDepth) { throw new AvroSchemaException($"References are nested more than {limits.MaxDepth} deep"); }
            foreach (var reference in list.Where(reference => seen.Add(reference.Name)))
            {
                var target = Target(state, parent, reference, deletedToo);
                Follow(target.Subject, target.References, depth + 1);
                if (target.SchemaType != StoredSchema.Avro) { throw new AvroSchemaException($"Reference {reference.Name} is of type {target.SchemaType}"); }
                bytes += target.Schema.Length;
                // A few bytes of references may name the largest schemas there are, over and over.
                if (bytes > 16L * limits.MaxSchemaBytes) { throw new AvroSchemaException("The referenced schemas are too large together"); }
                texts.Add(target.Schema);
            }
        }
        Follow(subject, references, 0);
        return texts;
    }

    private static StoredSchema Target(RegistryState state, string parent, SchemaReference reference, bool deletedToo)
    {
        var subject = SubjectName.Qualify(parent, reference.Subject);
        return state.Find(subject, reference.Version, deletedToo) ?? throw new AvroSchemaException(
            $"No schema reference found for subject \"{subject}\" and version {reference.Version}");
    }
}
