using System.Globalization;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>The broker's own settings at their four levels; immutable, replaced as a whole.</summary>
/// <param name="started">What the broker was started with.</param>
/// <param name="perBroker">Set by an administrator for this broker.</param>
/// <param name="clusterWide">Set by an administrator for every broker.</param>
internal sealed class BrokerConfigs(
    IReadOnlyDictionary<string, string> started,
    IReadOnlyDictionary<string, string> perBroker,
    IReadOnlyDictionary<string, string> clusterWide)
{
    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>Nothing set.</summary>
    public static BrokerConfigs Default { get; } = new(Nothing, Nothing, Nothing);

    public IReadOnlyDictionary<string, string> PerBroker { get; } = perBroker;

    public IReadOnlyDictionary<string, string> ClusterWide { get; } = clusterWide;

    /// <summary>The effective value, or null.</summary>
    public string? this[string name] => Synonyms([name]) is [var first, ..] ? first.Value : null;

    public BrokerConfigs With(IReadOnlyDictionary<string, string> perBroker, IReadOnlyDictionary<string, string> clusterWide) =>
        new(started, perBroker, clusterWide);

    /// <summary>Checks what an administrator wants to set at one level; unknown names are kept, as in Apache Kafka.</summary>
    /// <returns>What is wrong in Kafka's words (INVALID_REQUEST), or null.</returns>
    public static string? Validate(IReadOnlyDictionary<string, string> settings)
    {
        var readOnly = settings.Keys.Where(name => BrokerConfigDefinitions.Find(name) is { IsReadOnly: true }).Order(StringComparer.Ordinal).ToList();
        if (readOnly.Count > 0) { return $"Cannot update these configs dynamically: Set({string.Join(", ", readOnly)})"; }

        return settings.Select(setting => BrokerConfigDefinitions.Find(setting.Key)?.Parse(setting.Value).Error).FirstOrDefault(error => error is not null);
    }

    /// <summary>Every setting with its effective value, in ordinal order of names.</summary>
    public IReadOnlyList<ConfigEntry> Describe() =>
    [
        .. BrokerConfigDefinitions.All.Select(definition => definition.Name)
            .Union(started.Keys).Union(PerBroker.Keys).Union(ClusterWide.Keys).Order(StringComparer.Ordinal).Select(Describe),
    ];

    /// <summary>What is set for every broker, which is all that a describe of the nameless broker shows.</summary>
    public IReadOnlyList<ConfigEntry> DescribeClusterWide() =>
        [.. ClusterWide.Keys.Order(StringComparer.Ordinal).Select(name => Describe(name, [new(name, ClusterWide[name], ConfigSource.DynamicDefaultBroker)]))];

    /// <summary>The values of settings that mean the same, in order of precedence: level first, then the order given.</summary>
    public List<ConfigSynonym> Synonyms(IEnumerable<string> names)
    {
        var all = names.ToList();
        return
        [
            .. Level(PerBroker, ConfigSource.DynamicBroker), .. Level(ClusterWide, ConfigSource.DynamicDefaultBroker),
            .. Level(started, ConfigSource.StaticBroker),
            .. all.Select(BrokerConfigDefinitions.Find).Where(definition => definition?.Default is not null)
                .Select(definition => new ConfigSynonym(definition!.Name, definition.Default, ConfigSource.Default)),
        ];

        IEnumerable<ConfigSynonym> Level(IReadOnlyDictionary<string, string> level, ConfigSource source) =>
            all.Where(level.ContainsKey).Select(name => new ConfigSynonym(name, level[name], source));
    }

    /// <summary>What a topic gets that does not set this itself: by name the first broker setting that has a value, else Kafka's default.</summary>
    public string TopicDefault(ConfigDefinition topicSetting)
    {
        foreach (var (name, factor) in topicSetting.BrokerSettings)
        {
            if (this[name] is not { } text) { continue; }

            return factor == 1 ? text
                : text.StartsWith('-') ? "-1"
                : (long.Parse(text, CultureInfo.InvariantCulture) * factor).ToString(CultureInfo.InvariantCulture);
        }

        return topicSetting.Default!;
    }

    private ConfigEntry Describe(string name) => Describe(name, Synonyms([name]));

    private static ConfigEntry Describe(string name, List<ConfigSynonym> synonyms)
    {
        var definition = BrokerConfigDefinitions.Find(name) ?? new ConfigDefinition(name, ConfigType.Unknown, null, "Not known to this broker.");
        if (definition.IsSensitive) { synonyms = synonyms.ConvertAll(synonym => synonym with { Value = null }); }

        return synonyms is [var first, ..]
            ? new ConfigEntry(definition, first.Value, first.Source, synonyms)
            : new ConfigEntry(definition, null, ConfigSource.Default, synonyms);
    }
}
