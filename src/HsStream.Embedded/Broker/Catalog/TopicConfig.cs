using System.Globalization;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>The effective settings of one topic, parsed once; names, defaults and ranges are Apache Kafka's.</summary>
internal sealed class TopicConfig
{
    private readonly BrokerConfigs _broker;
    private readonly Dictionary<string, string> _effective;

    private TopicConfig(IReadOnlyDictionary<string, string> @explicit, Dictionary<string, string> effective, BrokerConfigs broker)
    {
        Explicit = @explicit;
        _effective = effective;
        _broker = broker;
        MaxMessageBytes = (int)Number("max.message.bytes");
        SegmentBytes = @explicit.ContainsKey("internal.segment.bytes") ? (int)Number("internal.segment.bytes") : (int)Number("segment.bytes");
        RetentionMs = Number("retention.ms");
        RetentionBytes = Number("retention.bytes");
        var policies = ConfigDefinition.SplitList(effective["cleanup.policy"]);
        IsCompacted = policies.Contains("compact");
        IsDeleted = policies.Contains("delete");
        MinCleanableDirtyRatio = double.Parse(effective["min.cleanable.dirty.ratio"], CultureInfo.InvariantCulture);
        DeleteRetentionMs = Number("delete.retention.ms");
        MinCompactionLagMs = Number("min.compaction.lag.ms");
        MaxCompactionLagMs = Number("max.compaction.lag.ms");
        SegmentMs = IsCompacted ? Math.Min(Number("segment.ms"), MaxCompactionLagMs) : Number("segment.ms");
        IsLogAppendTime = effective["message.timestamp.type"] == "LogAppendTime";
        TimestampBeforeMaxMs = Number("message.timestamp.before.max.ms");
        TimestampAfterMaxMs = Number("message.timestamp.after.max.ms");
        IndexIntervalBytes = (int)Number("index.interval.bytes");
    }

    /// <summary>Nothing set, on a broker with nothing set.</summary>
    public static TopicConfig Default { get; } = Parse(new Dictionary<string, string>(), BrokerConfigs.Default).Config!;

    /// <summary>What was set explicitly, as text.</summary>
    public IReadOnlyDictionary<string, string> Explicit { get; }

    public int MaxMessageBytes { get; }

    public int SegmentBytes { get; }

    /// <summary>Age at which the active segment is rolled; on a compacted topic no more than <see cref="MaxCompactionLagMs"/>.</summary>
    public long SegmentMs { get; }

    /// <summary>Negative: no limit.</summary>
    public long RetentionMs { get; }

    /// <summary>Negative: no limit.</summary>
    public long RetentionBytes { get; }

    /// <summary>The cleanup policy names compact.</summary>
    public bool IsCompacted { get; }

    /// <summary>The cleanup policy names delete: retention by age and size applies.</summary>
    public bool IsDeleted { get; }

    public double MinCleanableDirtyRatio { get; }

    public long DeleteRetentionMs { get; }

    public long MinCompactionLagMs { get; }

    public long MaxCompactionLagMs { get; }

    /// <summary>Records bear the time of their append; else the one their producer gave.</summary>
    public bool IsLogAppendTime { get; }

    /// <summary>How far in the past a producer's timestamp may lie; <see cref="long.MaxValue"/> for any.</summary>
    public long TimestampBeforeMaxMs { get; }

    /// <summary>How far in the future a producer's timestamp may lie; <see cref="long.MaxValue"/> for any.</summary>
    public long TimestampAfterMaxMs { get; }

    public int IndexIntervalBytes { get; }

    /// <returns>The settings, or what is wrong with them in Kafka's words (INVALID_CONFIG).</returns>
    public static (TopicConfig? Config, string? Error) Parse(IReadOnlyDictionary<string, string> @explicit, BrokerConfigs broker)
    {
        var effective = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var definition in TopicConfigDefinitions.All) { effective[definition.Name] = broker.TopicDefault(definition); }

        foreach (var (name, text) in @explicit)
        {
            if (TopicConfigDefinitions.Find(name) is not { } definition) { return (null, $"Unknown topic config name: {name}"); }

            var (value, error) = definition.Parse(text);
            if (error is not null) { return (null, error); }

            effective[name] = value!;
        }

        if (effective["remote.storage.enable"] == "true")
        {
            return (null, "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.");
        }

        var config = new TopicConfig(@explicit, effective, broker);
        return config.MinCompactionLagMs <= config.MaxCompactionLagMs
            ? (config, null)
            : (null, $"conflict topic config setting min.compaction.lag.ms ({config.MinCompactionLagMs}) > max.compaction.lag.ms ({config.MaxCompactionLagMs})");
    }

    /// <summary>Every setting with its effective value and where it comes from, in ordinal order of names.</summary>
    public IReadOnlyList<ConfigEntry> Describe() => [.. TopicConfigDefinitions.All.Select(definition =>
    {
        var synonyms = _broker.Synonyms(definition.BrokerSettings.Select(setting => setting.Name));
        if (Explicit.ContainsKey(definition.Name))
        {
            synonyms.Insert(0, new ConfigSynonym(definition.Name, _effective[definition.Name], ConfigSource.Topic));
        }

        return new ConfigEntry(
            definition, _effective[definition.Name], synonyms.Count > 0 ? synonyms[0].Source : ConfigSource.Default, synonyms);
    })];

    private long Number(string name) => long.Parse(_effective[name], CultureInfo.InvariantCulture);
}
