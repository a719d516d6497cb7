using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>Which topics exist, with ids and settings; every change is durable before it is visible.</summary>
/// <remarks>Reads are lock-free snapshots; changes are serialised.</remarks>
internal sealed class TopicCatalog : IDisposable
{
    private const string TooManyPartitions = "Excessively large number of partitions per request.";

    /// <summary>Producer ids reserved by one durable record; those of a block left unused by a stop are lost.</summary>
    private const int ProducerIdBlock = 1_000;

    /// <summary>As many partitions as Apache Kafka creates in one request at most.</summary>
    private const int MaxPartitionsAtOnce = 10_000;

    /// <summary>Longest value that the catalog file can hold.</summary>
    private const int MaxSettingLength = 10_000;

    private readonly Lock _changes = new();
    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly LogManager _logs;
    private readonly CatalogFile _file;
    private volatile Snapshot _topics = new([]);
    private volatile BrokerConfigs _brokerConfigs;
    private long _nextProducerId;
    private long _reservedProducerIds;

    private TopicCatalog(IDisk disk, string directory, LogManager logs, CatalogFile file, CatalogState state, BrokerConfigs brokerConfigs)
    {
        (_disk, _directory, _logs, _file) = (disk, directory, logs, file);
        _brokerConfigs = brokerConfigs.With(state.BrokerConfigs, state.ClusterWideConfigs);
        _nextProducerId = _reservedProducerIds = state.NextProducerId;
        ClusterId = state.ClusterId;
    }

    /// <summary>A topic was deleted: called after it became invisible, on the thread that deleted it.</summary>
    public event Action<Topic>? Deleted;

    public Guid ClusterId { get; }

    public BrokerConfigs BrokerConfigs => _brokerConfigs;

    /// <summary>By name, in ordinal order.</summary>
    public IReadOnlyList<Topic> Topics => _topics.InOrder;

    /// <summary>Reads the catalog of a data directory, or begins one, opens the logs of all topics, and removes what is left of others.</summary>
    /// <exception cref="CatalogException">The catalog is damaged, of a newer format, or does not fit the partitions' folders.</exception>
    public static TopicCatalog Open(IDisk disk, string directory, LogManager logs, BrokerConfigs brokerConfigs)
    {
        if (!disk.FileExists(Path.Combine(directory, CatalogFile.Name)) && logs.TopicsOnDisk.Count > 0)
        {
            throw new CatalogException($"The data directory holds partitions but no {CatalogFile.Name}; without it they belong to no topic.");
        }

        var (file, state) = CatalogFile.Open(disk, directory);
        var catalog = new TopicCatalog(disk, directory, logs, file, state, brokerConfigs);
        try
        {
            // A crash inside a creation or a deletion leaves files without a record.
            foreach (var id in logs.TopicsOnDisk.Where(id => !state.Topics.ContainsKey(id))) { logs.Delete(id); }

            catalog._topics = new Snapshot([.. state.Topics.Values.Select(catalog.Restore)]);
            return catalog;
        }
        catch
        {
            catalog.Dispose();
            throw;
        }
    }

    public Topic? Find(string name) => _topics.ByName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _topics.ById.GetValueOrDefault(id);

    public PartitionLog? Find(TopicPartition partition) =>
        Find(partition.Topic) is { } topic && (uint)partition.Partition < (uint)topic.Partitions.Count ? topic.Partitions[partition.Partition] : null;

    /// <returns>
    /// The topic (null when only validated), or an error: <see cref="ErrorCode.InvalidTopicException"/>, <see cref="ErrorCode.TopicAlreadyExists"/>,
    /// <see cref="ErrorCode.InvalidPartitions"/>, <see cref="ErrorCode.InvalidConfig"/>, <see cref="ErrorCode.KafkaStorageError"/>.
    /// </returns>
    /// <param name="configs">A null value is an error, as in Apache Kafka.</param>
    /// <param name="validateOnly">Checks everything and changes nothing.</param>
    public (ErrorCode Error, string? Message, Topic? Topic) Create(
        string name, int partitions, IReadOnlyDictionary<string, string?> configs, bool validateOnly, bool isInternal = false)
    {
        lock (_changes)
        {
            if (TopicNames.Validate(name) is { } wrongName) { return (ErrorCode.InvalidTopicException, wrongName, null); }

            if (Find(name) is not null) { return (ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.", null); }

            if (Colliding(name) is { } other) { return (ErrorCode.InvalidTopicException, $"Topic '{name}' collides with existing topic: {other}", null); }

            var nulls = configs.Where(setting => setting.Value is null).Select(setting => setting.Key).ToList();
            if (nulls.Count > 0) { return (ErrorCode.InvalidConfig, $"Null value not supported for topic configs: {string.Join(',', nulls)}", null); }

            var (config, error) = ParseConfig(configs.ToDictionary(setting => setting.Key, setting => setting.Value!, StringComparer.Ordinal));
            if (config is null) { return (ErrorCode.InvalidConfig, error, null); }

            if (partitions <= 0) { return (ErrorCode.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.", null); }

            if (partitions > MaxPartitionsAtOnce) { return (ErrorCode.PolicyViolation, TooManyPartitions, null); }

            if (validateOnly) { return (ErrorCode.None, null, null); }

            var stored = new StoredTopic(TopicId.New(), name, isInternal || TopicNames.IsInternal(name), partitions, config.Explicit);
            if (!TryChange(
                () =>
                {
                    var logs = OpenPartitions(stored, config, 0, partitions);
                    _file.Append(stored.ToEntry());
                    return logs;
                },
                out var opened, out var failure))
            {
                // With its record perhaps in the file the topic may be there after a restart, and needs its folders then.
                if (!_file.IsBroken) { _logs.Delete(stored.Id); }


                return (ErrorCode.KafkaStorageError, failure, null);
            }

            var topic = new Topic(stored.Id, name, stored.IsInternal, config, opened);
            _topics = new Snapshot([.. Topics, topic]);
            return (ErrorCode.None, null, topic);
        }
    }

    /// <summary>Makes the topic invisible for good, then removes its files in the background.</summary>
    public (ErrorCode Error, string? Message) Delete(Topic topic)
    {
        lock (_changes)
        {
            if (Missing(topic) is { } missing) { return missing; }

            if (!TryAppend(new CatalogEntry { Kind = CatalogEntryKind.TopicDeleted, Id = topic.Id }, out var failure)) { return failure; }

            _topics = new Snapshot([.. Topics.Where(other => other != topic)]);
            _logs.Delete(topic.Id);
        }

        Deleted?.Invoke(topic);
        return (ErrorCode.None, null);
    }

    public (ErrorCode Error, string? Message) AddPartitions(Topic topic, int newTotal, bool validateOnly)
    {
        lock (_changes)
        {
            if (Missing(topic) is { } missing) { return missing; }

            var count = topic.Partitions.Count;
            if (newTotal == count) { return (ErrorCode.InvalidPartitions, $"Topic already has {count} partition(s)."); }

            if (newTotal < count)
            {
                return (ErrorCode.InvalidPartitions, $"The topic {topic.Name} currently has {count} partition(s); {newTotal} would not be an increase.");
            }

            if (newTotal - count > MaxPartitionsAtOnce) { return (ErrorCode.PolicyViolation, TooManyPartitions); }

            if (validateOnly) { return (ErrorCode.None, null); }

            var stored = new StoredTopic(topic.Id, topic.Name, topic.IsInternal, newTotal, topic.Config.Explicit);
            if (!TryChange(
                () =>
                {
                    var logs = OpenPartitions(stored, topic.Config, count, newTotal);
                    _file.Append(new CatalogEntry { Kind = CatalogEntryKind.PartitionsSet, Id = topic.Id, Partitions = newTotal });
                    return logs;
                },
                out var opened, out var failure))
            {
                // The folders made so far are empty: a further attempt uses them.
                return (ErrorCode.KafkaStorageError, failure);
            }

            topic.Show([.. topic.Partitions, .. opened]);
            return (ErrorCode.None, null);
        }
    }

    /// <summary>Replaces the topic's explicit settings.</summary>
    public (ErrorCode Error, string? Message) SetConfigs(Topic topic, IReadOnlyDictionary<string, string> configs, bool validateOnly)
    {
        lock (_changes)
        {
            if (Missing(topic) is { } missing) { return missing; }

            var (config, error) = ParseConfig(configs.ToDictionary(StringComparer.Ordinal));
            if (config is null) { return (ErrorCode.InvalidConfig, error); }

            if (validateOnly) { return (ErrorCode.None, null); }

            var entry = new CatalogEntry { Kind = CatalogEntryKind.TopicConfigsSet, Id = topic.Id, Settings = CatalogEntry.ToSettings(config.Explicit) };
            if (!TryAppend(entry, out var failure)) { return failure; }

            topic.Use(config);
            return (ErrorCode.None, null);
        }
    }

    /// <summary>Replaces what administrators set for this broker and for every broker; topics that follow the defaults change at once.</summary>
    public (ErrorCode Error, string? Message) SetBrokerConfigs(
        IReadOnlyDictionary<string, string> perBroker, IReadOnlyDictionary<string, string> clusterWide, bool validateOnly)
    {
        lock (_changes)
        {
            if ((BrokerConfigs.Validate(perBroker) ?? BrokerConfigs.Validate(clusterWide) ?? TooLong(perBroker) ?? TooLong(clusterWide)) is { } wrong)
            {
                return (ErrorCode.InvalidRequest, wrong);
            }

            var configs = _brokerConfigs.With(perBroker.ToDictionary(StringComparer.Ordinal), clusterWide.ToDictionary(StringComparer.Ordinal));
            var effective = new List<(Topic Topic, TopicConfig Config)>();
            foreach (var topic in Topics)
            {
                var (config, error) = TopicConfig.Parse(topic.Config.Explicit, configs);
                if (config is null) { return (ErrorCode.InvalidRequest, $"Topic {topic.Name} does not allow it: {error}"); }

                effective.Add((topic, config));
            }

            if (validateOnly) { return (ErrorCode.None, null); }

            var entry = new CatalogEntry
            {
                Kind = CatalogEntryKind.BrokerConfigsSet,
                Settings = CatalogEntry.ToSettings(perBroker),
                ClusterWideSettings = CatalogEntry.ToSettings(clusterWide),
            };
            if (!TryAppend(entry, out var failure)) { return failure; }

            _brokerConfigs = configs;
            foreach (var (topic, config) in effective) { topic.Use(config); }

            return (ErrorCode.None, null);
        }
    }

    /// <summary>Reserves a producer id; a block of 1,000 is made durable before its first use.</summary>
    /// <exception cref="IOException">The next block could not be made durable.</exception>
    public long NextProducerId()
    {
        lock (_changes)
        {
            if (_nextProducerId == _reservedProducerIds)
            {
                var reserved = _reservedProducerIds + ProducerIdBlock;
                _file.Append(new CatalogEntry { Kind = CatalogEntryKind.ProducerIdsReserved, NextProducerId = reserved });
                _reservedProducerIds = reserved;
            }

            return _nextProducerId++;
        }
    }

    public void Dispose()
    {
        lock (_changes) { _file.Dispose(); }
    }

    private Topic Restore(StoredTopic stored)
    {
        // A setting that this version no longer accepts must not keep the broker from starting.
        var config = TopicConfig.Parse(stored.Configs, _brokerConfigs).Config
            ?? TopicConfig.Parse(stored.Configs.Where(setting => TopicConfigDefinitions.Find(setting.Key)?.Parse(setting.Value).Error is null
                && TopicConfigDefinitions.Find(setting.Key) is not null).ToDictionary(), _brokerConfigs).Config
            ?? TopicConfig.Default;
        for (var partition = 0; partition < stored.Partitions; partition++)
        {
            // Folders are durable before the topic is, so one that is missing has been lost with its records.
            var folder = LogPaths.Partition(_directory, stored.Id, partition);
            if (!_disk.DirectoryExists(folder))
            {
                throw new CatalogException($"The folder {folder} of {stored.Name}-{partition} is missing.");
            }
        }

        return new Topic(stored.Id, stored.Name, stored.IsInternal, config, OpenPartitions(stored, config, 0, stored.Partitions));
    }

    private PartitionLog[] OpenPartitions(StoredTopic topic, TopicConfig config, int from, int to) =>
        [.. Enumerable.Range(from, to - from).Select(partition => _logs.Open(new TopicPartition(topic.Name, partition), topic.Id, config))];

    private string? Colliding(string name) => name.AsSpan().ContainsAny('.', '_')
        ? Topics.FirstOrDefault(topic => TopicNames.Unified(topic.Name) == TopicNames.Unified(name))?.Name
        : null;

    private (TopicConfig? Config, string? Error) ParseConfig(Dictionary<string, string> configs) =>
        TooLong(configs) is { } error ? (null, error) : TopicConfig.Parse(configs, _brokerConfigs);

    private static string? TooLong(IReadOnlyDictionary<string, string> configs) =>
        configs.Any(setting => setting.Key.Length + setting.Value.Length > MaxSettingLength)
            ? $"A setting is longer than {MaxSettingLength} characters."
            : null;

    private (ErrorCode, string?)? Missing(Topic topic) =>
        Find(topic.Id) == topic ? null : (ErrorCode.UnknownTopicOrPartition, "This server does not host this topic-partition.");

    private bool TryAppend(CatalogEntry entry, out (ErrorCode Error, string? Message) failure)
    {
        var done = TryChange(
            () =>
            {
                _file.Append(entry);
                return [];
            },
            out _, out var message);
        failure = (done ? ErrorCode.None : ErrorCode.KafkaStorageError, message);
        return done;
    }

    private static bool TryChange(Func<PartitionLog[]> change, out PartitionLog[] opened, out string? failure)
    {
        try
        {
            (opened, failure) = (change(), null);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            (opened, failure) = ([], e.Message);
            return false;
        }
    }

    private sealed class Snapshot(Topic[] topics)
    {
        public IReadOnlyList<Topic> InOrder { get; } = [.. topics.OrderBy(topic => topic.Name, StringComparer.Ordinal)];

        public Dictionary<string, Topic> ByName { get; } = topics.ToDictionary(topic => topic.Name, StringComparer.Ordinal);

        public Dictionary<Guid, Topic> ById { get; } = topics.ToDictionary(topic => topic.Id);
    }
}
