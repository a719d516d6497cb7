using System.Text.Json.Nodes;
using HsStream.Embedded.Registry.Avro;

namespace HsStream.Embedded.Registry;

/// <summary>What a write comes to: the records to append together, possibly none, and the answer once they are there.</summary>
internal readonly record struct Decision<T>(T Answer, params IReadOnlyList<SchemaLogRecord> Records);

/// <summary>Chooses what a request changes. Pure: it sees the state that the whole log gives, and nothing else.</summary>
/// <remarks>Rules, and the order in which they are applied, are those of Confluent's registry.</remarks>
internal sealed class RegistryDecider(SchemaLimits limits)
{
    // Settings that another registry on the same topic may hold and that change what it would store.
    private static readonly string[] ForeignContractRules = ["defaultMetadata", "overrideMetadata", "defaultRuleSet", "overrideRuleSet"];
    private static readonly string[] KnownConfig = ["compatibilityLevel", "normalize", "compatibilityGroup"];

    /// <summary>Finds the version of a subject that a schema is equal to, without changing anything.</summary>
    public StoredSchema? Lookup(RegistryState state, string subject, SchemaRequest request, bool normalize, bool deletedToo)
    {
        var (parsed, canonical) = SchemaReader.Read(
            state, subject, request, strict: false, normalize || state.ConfigFor(subject).Normalize, limits);
        var found = Find(state, subject, parsed, canonical, deletedToo);
        if (found is not null || state.Latest(subject) is not { } latest) { return found; }
        // As in a registration, a schema without a contract may mean the latest version's.
        canonical = canonical with { Metadata = canonical.Metadata ?? latest.Metadata, RuleSet = canonical.RuleSet ?? latest.RuleSet };
        return Find(state, subject, parsed, canonical, deletedToo);
    }

    /// <summary>The text with everything inlined that the schema's references define.</summary>
    public string Resolve(RegistryState state, StoredSchema schema)
    {
        try
        {
            return SchemaReader.Read(state, schema, limits).Resolved;
        }
        catch (AvroSchemaException e)
        {
            throw RegistryException.InvalidSchema($"Schema {schema.Id} cannot be resolved: {e.Message}");
        }
    }

    /// <summary>The version that registering this again would return; null when it has to be decided.</summary>
    /// <remarks>Allowed in every mode, and answerable from a state that is behind: versions do not change.</remarks>
    public StoredSchema? FindRegistered(RegistryState state, string subject, SchemaRequest request, bool normalize)
    {
        if (string.IsNullOrWhiteSpace(request.Schema)) { return null; }
        var (parsed, canonical) = SchemaReader.Read(
            state, subject, request, strict: false, normalize || state.ConfigFor(subject).Normalize, limits);
        var found = request.Version == -1
            ? state.Latest(subject) is { } latest && IsSame(state, latest, parsed, canonical) ? latest : null
            : Find(state, subject, parsed, canonical, deletedToo: false);
        if (found is null || (request.Id >= 0 && request.Id != found.Id)) { return null; }
        return request.Version is 0 or -1 || request.Version == found.Version ? found : null;
    }

    public Decision<StoredSchema> Register(RegistryState state, string subject, SchemaRequest request, bool normalize, bool force)
    {
        if (!SubjectName.IsValid(subject, isSetting: false)) { throw RegistryException.InvalidSubject(subject); }
        if (FindRegistered(state, subject, request, normalize) is { } registered) { return new(registered); }
        var mode = state.ModeFor(subject);
        CheckMode(mode, subject, request.Id);
        var importing = mode == RegistryMode.Import;
        var config = state.ConfigFor(subject);
        if (ForeignContractRules.FirstOrDefault(rule => config.Nearest?[rule] is not null) is { } foreign)
        {
            throw RegistryException.NotPermitted($"Subject {subject} is configured with {foreign}, which this registry does not apply");
        }

        var versions = state.VersionsOf(subject);
        var live = versions.Values.Where(version => !version.Deleted).ToList();
        var next = versions.IsEmpty ? 1 : versions.Keys.Last() + 1;
        if (!importing) { request = FillIn(request, live.LastOrDefault(), next); }
        var (parsed, canonical) = SchemaReader.Read(
            state, subject, request, strict: request.Id < 0, !importing && (normalize || config.Normalize), limits);

        var context = SubjectName.ContextOf(subject);
        var candidate = new StoredSchema(
            subject, request.Version > 0 ? request.Version : next, request.Id, canonical.Schema!, canonical.References,
            canonical.Metadata, canonical.RuleSet);
        if (request.Version == 0
            && live.LastOrDefault(version => (request.Id < 0 || request.Id == version.Id) && IsSame(state, version, parsed, canonical)) is { } same)
        {
            return new(same);
        }
        if (!importing && candidate.Version != next) { throw RegistryException.InvalidSchema("Version is not one more than previous version"); }
        if (!importing && !force && Incompatibilities(state, config, parsed, canonical, live) is { Count: > 0 } messages)
        {
            throw RegistryException.Incompatible(subject, messages);
        }

        var id = state.IdOf(context, candidate.Identity) is { } existing && (request.Id < 0 || request.Id == existing) ? existing : request.Id;
        if (id < 0) { id = checked(state.MaxIds.GetValueOrDefault(context) + 1); }
        else if (state.ById(id, SubjectName.ContextKey(subject)) is { } holder && holder.Identity != candidate.Identity)
        {
            throw RegistryException.NotPermitted(
                $"Overwrite new schema with id {id} in context {SubjectName.ContextKey(subject)} is not permitted.");
        }
        candidate = candidate with { Id = id };

        var records = new List<SchemaLogRecord>();
        if (!state.Contexts.Contains(context)) { records.Add(new SchemaLogRecord.ContextPut(context)); }
        // A deleted version with the same id has nothing left that the new one does not say, unless somebody names it.
        records.AddRange(versions.Values
            .Where(old => old.Deleted && old.Id == id && old.Version < candidate.Version && !state.ReferrersTo(subject, old.Version, true).Any())
            .Select(old => new SchemaLogRecord.SchemaRemoved(subject, old.Version)));
        records.Add(new SchemaLogRecord.SchemaPut(candidate));
        return new(candidate, records);
    }

    /// <returns>Messages in Confluent's manner, none when the schema may follow the earlier ones.</returns>
    public IReadOnlyList<string> Test(
        RegistryState state, string subject, SchemaRequest request, IReadOnlyList<StoredSchema> earlier, bool normalize)
    {
        var config = state.ConfigFor(subject);
        var (parsed, canonical) = SchemaReader.Read(state, subject, request, strict: true, normalize || config.Normalize, limits);
        return Incompatibilities(state, config, parsed, canonical, earlier);
    }

    public static Decision<int> DeleteVersion(RegistryState state, string subject, int version, bool permanent)
    {
        if (state.Find(subject, version, deletedToo: true) is not { } schema)
        {
            throw state.HasSubject(subject, deletedToo: true)
                ? RegistryException.VersionNotFound(version) : RegistryException.SubjectNotFound(subject);
        }
        if (!permanent && schema.Deleted) { throw RegistryException.VersionSoftDeleted(subject, version); }
        CheckWritable(state, subject);
        if (state.ReferrersTo(subject, schema.Version, permanent).Any()) { throw RegistryException.ReferenceExists(subject, schema.Version); }
        if (!permanent) { return new(schema.Version, new SchemaLogRecord.SchemaPut(schema with { Deleted = true })); }
        if (!schema.Deleted) { throw RegistryException.VersionNotSoftDeleted(subject, schema.Version); }
        return new(schema.Version, RemoveForEver(state, subject, [schema.Version]));
    }

    public static Decision<IReadOnlyList<int>> DeleteSubject(RegistryState state, string subject, bool permanent)
    {
        if (!state.HasSubject(subject, deletedToo: true)) { throw RegistryException.SubjectNotFound(subject); }
        if (!permanent && !state.HasSubject(subject, deletedToo: false)) { throw RegistryException.SubjectSoftDeleted(subject); }
        CheckWritable(state, subject);
        var versions = state.VersionsOf(subject).Values.Where(schema => permanent || !schema.Deleted).ToList();
        foreach (var schema in versions)
        {
            if (state.ReferrersTo(subject, schema.Version, permanent).Any(referrer => referrer.Subject != subject))
            {
                throw RegistryException.ReferenceExists(subject, schema.Version);
            }
            if (permanent && !schema.Deleted) { throw RegistryException.SubjectNotSoftDeleted(subject); }
        }
        IReadOnlyList<int> numbers = [.. versions.Select(schema => schema.Version)];
        return new(numbers, permanent
            ? RemoveForEver(state, subject, numbers) : [new SchemaLogRecord.SubjectDeleted(subject, numbers[^1])]);
    }

    /// <param name="update">Only what it names changes; a null resets the setting.</param>
    /// <returns>The settings as they are afterwards.</returns>
    public static Decision<JsonObject> PutConfig(RegistryState state, string? scope, JsonObject update)
    {
        CheckScope(scope);
        var config = state.Config(scope)?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in update)
        {
            var key = name == "compatibility" ? "compatibilityLevel" : name;
            if (value is null) { config.Remove(key); continue; }
            if (!KnownConfig.Contains(key)) { throw RegistryException.Http(422, $"This registry has no setting '{name}'; it has compatibility, normalize and compatibilityGroup"); }
            config[key] = key switch
            {
                "compatibilityLevel" => CompatibilityLevel.All.FirstOrDefault(level => level.Equals((string?)value, StringComparison.OrdinalIgnoreCase))
                    ?? throw RegistryException.InvalidCompatibility(),
                "normalize" => (bool)value,
                _ => (string?)value,
            };
        }
        CheckWritable(state, scope);
        return new(config, new SchemaLogRecord.ConfigPut(scope, config));
    }

    /// <returns>The settings as they were.</returns>
    public static Decision<JsonObject> DeleteConfig(RegistryState state, string? scope)
    {
        if (state.Config(scope) is null && scope is not null) { throw RegistryException.SubjectNotFound(scope); }
        CheckWritable(state, scope);
        return new(new ConfigInScope(state.Config(scope), null).ToJson(), new SchemaLogRecord.ConfigPut(scope, null));
    }

    /// <param name="mode">Null takes the mode away.</param>
    public static Decision<string?> PutMode(RegistryState state, string? scope, string? mode, bool force)
    {
        CheckScope(scope);
        if (mode is not null)
        {
            mode = RegistryMode.All.FirstOrDefault(known => known.Equals(mode, StringComparison.OrdinalIgnoreCase)) ?? throw RegistryException.InvalidMode();
        }
        var records = new List<SchemaLogRecord>();
        if (mode == RegistryMode.Import && state.ModeFor(scope) != RegistryMode.Import && !force)
        {
            var inScope = state.All(null).Where(schema => SubjectName.IsWithin(scope, schema.Subject)).ToList();
            if (inScope.Any(schema => !schema.Deleted)) { throw RegistryException.NotPermitted("Cannot import since found existing subjects"); }
            var referred = inScope.Find(schema => state.ReferrersTo(schema.Subject, schema.Version, true).Any());
            if (referred is not null) { throw RegistryException.ReferenceExists(referred.Subject, referred.Version); }
            records.AddRange(inScope.Select(schema => new SchemaLogRecord.SchemaRemoved(schema.Subject, schema.Version)));
            if (inScope.Count > 0) { records.Add(new SchemaLogRecord.IdsUsed(state.MaxIds)); }
            records.Add(new SchemaLogRecord.SubjectCleared(scope));
        }
        records.Add(new SchemaLogRecord.ModePut(scope, mode));
        return new(mode, records);
    }

    /// <returns>The mode as it was.</returns>
    public static Decision<string> DeleteMode(RegistryState state, string? scope)
    {
        var mode = state.Mode(scope) ?? (scope is null ? RegistryMode.ReadWrite : throw RegistryException.SubjectNotFound(scope));
        return new(mode, new SchemaLogRecord.ModePut(scope, null));
    }

    private StoredSchema? Find(RegistryState state, string subject, ParsedAvro parsed, SchemaRequest canonical, bool deletedToo) =>
        state.VersionsOf(subject).Values.LastOrDefault(version =>
            (deletedToo || !version.Deleted) && IsSame(state, version, parsed, canonical));

    /// <summary>Equal text and references, or else equal in meaning: reordered, or with the references written out.</summary>
    private bool IsSame(RegistryState state, StoredSchema version, ParsedAvro parsed, SchemaRequest canonical)
    {
        if (!SchemaMetadata.Matches(canonical, version)) { return false; }
        var sameReferences = canonical.References.SequenceEqual(version.References);
        if (sameReferences && canonical.Schema == version.Schema) { return true; }
        // Reordering does not change a length; without this, each registration would parse every version.
        if (sameReferences ? canonical.Schema!.Length != version.Schema.Length : canonical.References.Count > 0) { return false; }
        try
        {
            return SchemaReader.Read(state, version, limits).Equivalence == parsed.Equivalence;
        }
        catch (AvroSchemaException)
        {
            return false;
        }
    }

    private IReadOnlyList<string> Incompatibilities(
        RegistryState state, ConfigInScope config, ParsedAvro parsed, SchemaRequest canonical, IReadOnlyList<StoredSchema> earlier)
    {
        var level = config.Compatibility;
        if (config.CompatibilityGroup is { } group)
        {
            string? Group(JsonObject? metadata) => metadata?["properties"] is JsonObject properties ? properties[group]?.ToString() : null;
            earlier = [.. earlier.Where(version => Group(version.Metadata) == Group(canonical.Metadata))];
        }
        if (level == CompatibilityLevel.None || earlier.Count == 0) { return []; }
        var compared = level.EndsWith("_TRANSITIVE", StringComparison.Ordinal) ? earlier.Reverse() : earlier.TakeLast(1);
        foreach (var version in compared)
        {
            var messages = Compare(state, level, parsed, version);
            if (messages.Count == 0) { continue; }
            return [.. messages, $"{{validateFields: 'false', compatibility: '{level}'}}"];
        }
        return [];
    }

    private List<string> Compare(RegistryState state, string level, ParsedAvro added, StoredSchema version)
    {
        if (version.SchemaType != StoredSchema.Avro) { return ["Incompatible because of different schema type"]; }
        var messages = new List<string>();
        try
        {
            var old = SchemaReader.Read(state, version, limits);
            if (!level.StartsWith("BACKWARD", StringComparison.Ordinal))
            {
                messages.AddRange(AvroCompatibility.Check(old.Schema, added.Schema).Select(mismatch => Describe(mismatch, "old", "new")));
            }
            if (!level.StartsWith("FORWARD", StringComparison.Ordinal))
            {
                messages.AddRange(AvroCompatibility.Check(added.Schema, old.Schema).Select(mismatch => Describe(mismatch, "new", "old")));
            }
        }
        catch (AvroSchemaException e)
        {
            messages.Add($"Unexpected exception during compatibility check: {e.Message}");
        }
        if (messages.Count > 0)
        {
            const int Shown = 10 * 1024;
            messages.Add($"{{oldSchemaVersion: {version.Version}}}");
            messages.Add(version.Schema.Length <= Shown
                ? $"{{oldSchema: '{version.Schema}'}}" : $"{{oldSchema: <truncated> '{version.Schema[..Shown]}...'}}");
        }
        return messages;
    }

    private static string Describe(AvroMismatch mismatch, string reader, string writer)
    {
        var (path, detail) = (mismatch.Path, mismatch.Detail);
        var (type, description) = mismatch.Kind switch
        {
            AvroIncompatibility.FixedSizeMismatch => ("FIXED_SIZE_MISMATCH",
                $"The size of FIXED type field at path '{path}' in the {reader} schema does not match with the {writer} schema"),
            AvroIncompatibility.TypeMismatch => ("TYPE_MISMATCH",
                $"The type (path '{path}') of a field in the {reader} schema does not match with the {writer} schema"),
            AvroIncompatibility.NameMismatch => ("NAME_MISMATCH", $"The name of the schema has changed (path '{path}')"),
            AvroIncompatibility.MissingEnumSymbols => ("MISSING_ENUM_SYMBOLS",
                $"The {reader} schema is missing enum symbols '{detail}' at path '{path}' in the {writer} schema"),
            AvroIncompatibility.MissingUnionBranch => ("MISSING_UNION_BRANCH",
                $"The {reader} schema is missing a type inside a union field at path '{path}' in the {writer} schema"),
            _ => ("READER_FIELD_MISSING_DEFAULT_VALUE",
                $"The field '{detail}' at path '{path}' in the {reader} schema has no default value and is missing in the {writer} schema"),
        };
        return $"{{errorType:'{type}', description:'{description}', additionalInfo:'{detail}'}}";
    }

    /// <summary>What a request leaves open it takes from the version before.</summary>
    private static SchemaRequest FillIn(SchemaRequest request, StoredSchema? previous, int next)
    {
        if (string.IsNullOrWhiteSpace(request.Schema) && previous is not null)
        {
            request = request with { Schema = previous.Schema, SchemaType = previous.SchemaType, References = previous.References };
        }
        var metadata = request.Metadata ?? previous?.Metadata;
        return request with
        {
            Metadata = request.Version != 0 || SchemaMetadata.Version(metadata) is not null ? SchemaMetadata.WithVersion(metadata, next) : metadata,
            RuleSet = request.RuleSet ?? previous?.RuleSet,
        };
    }

    private static List<SchemaLogRecord> RemoveForEver(RegistryState state, string subject, IReadOnlyList<int> versions)
    {
        // Later versions first: they may refer to earlier ones of the same subject.
        List<SchemaLogRecord> records =
            [.. versions.Reverse().Select(version => new SchemaLogRecord.SchemaRemoved(subject, version)), new SchemaLogRecord.IdsUsed(state.MaxIds)];
        if (state.VersionsOf(subject).Count > versions.Count) { return records; }
        if (state.Mode(subject) is not null) { records.Add(new SchemaLogRecord.ModePut(subject, null)); }
        if (state.Config(subject) is not null) { records.Add(new SchemaLogRecord.ConfigPut(subject, null)); }
        return records;
    }

    private static void CheckMode(string mode, string subject, int id)
    {
        var place = $"Subject {subject} in context {SubjectName.ContextKey(subject)}";
        if (mode is RegistryMode.ReadOnly or RegistryMode.ReadOnlyOverride) { throw RegistryException.NotPermitted($"{place} is in read-only mode"); }
        if (id >= 0 && mode != RegistryMode.Import) { throw RegistryException.NotPermitted($"{place} is not in import mode"); }
        if (id < 0 && mode != RegistryMode.ReadWrite) { throw RegistryException.NotPermitted($"{place} is not in read-write mode"); }
    }

    private static void CheckWritable(RegistryState state, string? scope)
    {
        if (state.ModeFor(scope) is RegistryMode.ReadOnly or RegistryMode.ReadOnlyOverride)
        {
            throw RegistryException.NotPermitted($"Subject {scope} in context {SubjectName.ContextKey(scope ?? "")} is in read-only mode");
        }
    }

    private static void CheckScope(string? scope)
    {
        if (scope is not null && !SubjectName.IsValid(scope, isSetting: true)) { throw RegistryException.InvalidSubject(scope); }
    }
}
