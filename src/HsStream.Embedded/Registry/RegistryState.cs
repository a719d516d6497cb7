using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Versions = System.Collections.Immutable.ImmutableSortedDictionary<int, HsStream.Embedded.Registry.StoredSchema>;

namespace HsStream.Embedded.Registry;

/// <summary>What the log says up to some offset. Immutable: <see cref="Apply"/> gives the state after one more record.</summary>
/// <remarks>
/// Any registry that has applied the same records is in the same state, whoever wrote them, and compaction changes
/// nothing but the soft-deleted schemas' earlier texts. Nothing here refuses a record, with one exception that
/// Confluent's registry makes too: an id keeps the schema it was first given to.
/// </remarks>
internal sealed record RegistryState
{
    public static readonly RegistryState Empty = new();

    public ImmutableSortedDictionary<string, Versions> Subjects { get; private init; } =
        ImmutableSortedDictionary.Create<string, Versions>(StringComparer.Ordinal);

    /// <summary>For each context's id, the subjects that have it and the version there that was put last.</summary>
    public ImmutableDictionary<(string Context, int Id), ImmutableSortedDictionary<string, int>> Ids { get; private init; } =
        ImmutableDictionary<(string, int), ImmutableSortedDictionary<string, int>>.Empty;

    public ImmutableDictionary<(string Context, string Identity), int> Identities { get; private init; } =
        ImmutableDictionary<(string, string), int>.Empty;

    public ImmutableDictionary<string, int> MaxIds { get; private init; } = ImmutableDictionary<string, int>.Empty;

    public ImmutableSortedSet<string> Contexts { get; private init; } =
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal, SubjectName.DefaultContext);

    private ImmutableDictionary<string, JsonObject> Configs { get; init; } = ImmutableDictionary<string, JsonObject>.Empty;

    private ImmutableDictionary<string, string> Modes { get; init; } = ImmutableDictionary<string, string>.Empty;

    public RegistryState Apply(SchemaLogRecord record) => record switch
    {
        SchemaLogRecord.SchemaPut put => Put(put.Schema),
        SchemaLogRecord.SchemaRemoved removed => Remove(removed.Subject, removed.Version),
        SchemaLogRecord.SubjectDeleted deleted => VersionsOf(deleted.Subject).Values
            .Where(schema => schema.Version <= deleted.Version && !schema.Deleted)
            .Aggregate(this, (state, schema) => state.Put(schema with { Deleted = true })),
        SchemaLogRecord.SubjectCleared cleared => All(null)
            .Where(schema => schema.Deleted && SubjectName.IsWithin(cleared.Scope, schema.Subject))
            .Aggregate(this, (state, schema) => state.Remove(schema.Subject, schema.Version)),
        SchemaLogRecord.ConfigPut { Config: null } config => this with { Configs = Configs.Remove(config.Scope ?? "") },
        SchemaLogRecord.ConfigPut config => this with { Configs = Configs.SetItem(config.Scope ?? "", config.Config) },
        SchemaLogRecord.ModePut { Mode: null } mode => this with { Modes = Modes.Remove(mode.Scope ?? "") },
        SchemaLogRecord.ModePut mode => this with { Modes = Modes.SetItem(mode.Scope ?? "", mode.Mode) },
        SchemaLogRecord.ContextPut context => this with { Contexts = Contexts.Add(context.Context) },
        SchemaLogRecord.IdsUsed used => used.MaxIds.Aggregate(this, (state, id) => state.Used(id.Key, id.Value)),
        _ => this,
    };

    /// <summary>Every version of a subject by number, the soft-deleted ones too; empty when there is none.</summary>
    public Versions VersionsOf(string subject) => Subjects.GetValueOrDefault(subject) ?? Versions.Empty;

    public StoredSchema? Latest(string subject) => VersionsOf(subject).Values.LastOrDefault(schema => !schema.Deleted);

    /// <param name="version">-1 for the latest that is not deleted.</param>
    public StoredSchema? Find(string subject, int version, bool deletedToo) =>
        version == -1 ? Latest(subject)
        : VersionsOf(subject).GetValueOrDefault(version) is { } schema && (deletedToo || !schema.Deleted) ? schema : null;

    public bool HasSubject(string subject, bool deletedToo) =>
        VersionsOf(subject).Values.Any(schema => deletedToo || !schema.Deleted);

    /// <param name="subjectPrefix">Null for the schemas of every context.</param>
    public IEnumerable<StoredSchema> All(string? subjectPrefix) => Subjects
        .Where(subject => subjectPrefix is null || SubjectName.HasPrefix(subject.Key, subjectPrefix))
        .SelectMany(subject => subject.Value.Values);

    /// <summary>The id that a schema of this identity has in the context, if any version still carries it.</summary>
    public int? IdOf(string context, string identity) =>
        Identities.TryGetValue((context, identity), out var id) && Ids.ContainsKey((context, id)) ? id : null;

    /// <param name="subject">A subject to look in, a context's key, or null for the default context.</param>
    public StoredSchema? ById(int id, string? subject)
    {
        if (!Ids.TryGetValue((SubjectName.ContextOf(subject ?? ""), id), out var holders)) { return null; }
        var holder = string.IsNullOrEmpty(subject) || subject == SubjectName.ContextKey(subject) ? holders.Keys.First() : subject;
        return holders.TryGetValue(holder, out var version) ? Find(holder, version, deletedToo: true) : null;
    }

    /// <summary>Each subject that has the schema with this id, with the version it was last put under.</summary>
    public IEnumerable<StoredSchema> Holders(string context, int id) =>
        (Ids.GetValueOrDefault((context, id)) ?? ImmutableSortedDictionary<string, int>.Empty)
            .Select(holder => Find(holder.Key, holder.Value, deletedToo: true)).OfType<StoredSchema>();

    public IEnumerable<StoredSchema> ReferrersTo(string subject, int version, bool deletedToo) => All(null)
        .Where(schema => (deletedToo || !schema.Deleted) && schema.References.Any(reference =>
            reference.Version == version && SubjectName.Qualify(schema.Subject, reference.Subject) == subject));

    public JsonObject? Config(string? scope) => Configs.GetValueOrDefault(scope ?? "");

    /// <summary>The settings that hold for a subject: its own over its context's over the global ones.</summary>
    public ConfigInScope ConfigFor(string? subject)
    {
        var own = subject is null ? null : Config(subject);
        var context = Config(subject is null ? null : SubjectName.ContextKey(subject));
        return new ConfigInScope(own ?? context ?? Config(SubjectName.GlobalContextKey), own is null ? null : Config(null));
    }

    public string? Mode(string? scope) => Modes.GetValueOrDefault(scope ?? "");

    public string ModeFor(string? subject) =>
        (subject is null ? null : Mode(subject)) ?? Mode(subject is null ? null : SubjectName.ContextKey(subject))
        ?? Mode(SubjectName.GlobalContextKey) ?? RegistryMode.ReadWrite;

    private RegistryState Put(StoredSchema schema)
    {
        var context = SubjectName.ContextOf(schema.Subject);
        var key = (context, schema.Id);
        if (Ids.TryGetValue(key, out var holders)
            && holders.Select(holder => Find(holder.Key, holder.Value, deletedToo: true)).First()?.Schema != schema.Schema)
        {
            return this;
        }
        // The version that stood here may have had another id.
        var state = Find(schema.Subject, schema.Version, deletedToo: true) is { } old && old.Id != schema.Id
            ? Remove(schema.Subject, schema.Version) : this;
        holders = state.Ids.GetValueOrDefault(key) ?? ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);
        return (state with
        {
            Subjects = state.Subjects.SetItem(schema.Subject, state.VersionsOf(schema.Subject).SetItem(schema.Version, schema)),
            Ids = state.Ids.SetItem(key, holders.SetItem(schema.Subject, schema.Version)),
            Identities = state.Identities.SetItem((context, schema.Identity), schema.Id),
        }).Used(context, schema.Id);
    }

    private RegistryState Remove(string subject, int version)
    {
        if (Find(subject, version, deletedToo: true) is not { } schema) { return this; }
        var left = VersionsOf(subject).Remove(version);
        var state = this with { Subjects = left.IsEmpty ? Subjects.Remove(subject) : Subjects.SetItem(subject, left) };
        var key = (SubjectName.ContextOf(subject), schema.Id);
        if (!Ids.TryGetValue(key, out var holders) || holders.GetValueOrDefault(subject) != version) { return state; }
        // An imported subject may have the same id at a second version.
        var other = left.Values.LastOrDefault(candidate => candidate.Id == schema.Id);
        holders = other is null ? holders.Remove(subject) : holders.SetItem(subject, other.Version);
        return state with { Ids = holders.IsEmpty ? state.Ids.Remove(key) : state.Ids.SetItem(key, holders) };
    }

    private RegistryState Used(string context, int id) =>
        id > MaxIds.GetValueOrDefault(context) ? this with { MaxIds = MaxIds.SetItem(context, id) } : this;
}

/// <param name="Nearest">The closest settings, as stored.</param>
/// <param name="Fallback">Fills in single settings that the subject's own leave open.</param>
internal readonly record struct ConfigInScope(JsonObject? Nearest, JsonObject? Fallback)
{
    public string Compatibility => (string?)Nearest?["compatibilityLevel"] ?? CompatibilityLevel.Default;

    public bool Normalize => (bool?)(Nearest?["normalize"] ?? Fallback?["normalize"]) ?? false;

    public string? CompatibilityGroup => (string?)(Nearest?["compatibilityGroup"] ?? Fallback?["compatibilityGroup"]);

    public JsonObject ToJson()
    {
        var json = Nearest?.DeepClone().AsObject() ?? [];
        json["compatibilityLevel"] ??= CompatibilityLevel.Default;
        return json;
    }
}

internal static class RegistryMode
{
    public const string ReadWrite = "READWRITE";
    public const string ReadOnly = "READONLY";
    public const string ReadOnlyOverride = "READONLY_OVERRIDE";
    public const string Import = "IMPORT";

    public static readonly string[] All = [ReadWrite, ReadOnly, ReadOnlyOverride, Import];
}

internal static class CompatibilityLevel
{
    public const string Default = "BACKWARD";
    public const string None = "NONE";

    public static readonly string[] All =
        [None, Default, "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];
}
