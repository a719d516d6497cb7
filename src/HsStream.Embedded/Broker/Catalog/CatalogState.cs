namespace HsStream.Embedded.Broker.Catalog;

/// <summary>What the catalog file adds up to.</summary>
internal sealed class CatalogState
{
    /// <summary>Version of the file that this program writes; a higher one is refused.</summary>
    public const int FormatVersion = 1;

    private const int MaxPartitions = 1_000_000;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public Guid ClusterId { get; private set; }

    /// <summary>By topic id.</summary>
    public Dictionary<Guid, StoredTopic> Topics { get; } = [];

    public long NextProducerId { get; private set; }

    public IReadOnlyDictionary<string, string> BrokerConfigs { get; private set; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> ClusterWideConfigs { get; private set; } = new Dictionary<string, string>();

    /// <exception cref="CatalogException">The record contradicts the ones before it.</exception>
    public void Apply(CatalogEntry entry)
    {
        if (entry.Kind != CatalogEntryKind.Header && ClusterId == Guid.Empty) { throw Contradiction("comes before the header"); }

        switch (entry.Kind)
        {
            case CatalogEntryKind.Header when entry.FormatVersion > FormatVersion:
                throw new CatalogException(
                    $"The data directory is of format {entry.FormatVersion}, this program knows formats up to {FormatVersion}: use a newer program.");
            case CatalogEntryKind.Header when ClusterId != Guid.Empty || entry.Id == Guid.Empty || entry.FormatVersion < 1:
                throw Contradiction("is a second or empty header");
            case CatalogEntryKind.Header:
                ClusterId = entry.Id;
                break;
            case CatalogEntryKind.TopicCreated:
                RequirePartitions(entry.Partitions, 1);
                if (TopicNames.Validate(entry.Name) is not null || !_names.Add(entry.Name)
                    || !Topics.TryAdd(entry.Id, new StoredTopic(entry.Id, entry.Name, entry.IsInternal, entry.Partitions, CatalogEntry.FromSettings(entry.Settings))))
                {
                    throw Contradiction("creates a topic that exists or has an impossible name");
                }

                break;
            case CatalogEntryKind.TopicDeleted:
                _names.Remove(Existing(entry.Id).Name);
                Topics.Remove(entry.Id);
                break;
            case CatalogEntryKind.PartitionsSet:
                RequirePartitions(entry.Partitions, Existing(entry.Id).Partitions);
                Topics[entry.Id] = Existing(entry.Id) with { Partitions = entry.Partitions };
                break;
            case CatalogEntryKind.TopicConfigsSet:
                Topics[entry.Id] = Existing(entry.Id) with { Configs = CatalogEntry.FromSettings(entry.Settings) };
                break;
            case CatalogEntryKind.ProducerIdsReserved when entry.NextProducerId < NextProducerId:
                throw Contradiction("gives producer ids back");
            case CatalogEntryKind.ProducerIdsReserved:
                NextProducerId = entry.NextProducerId;
                break;
            case CatalogEntryKind.BrokerConfigsSet:
                BrokerConfigs = CatalogEntry.FromSettings(entry.Settings);
                ClusterWideConfigs = CatalogEntry.FromSettings(entry.ClusterWideSettings);
                break;
            default:
                throw Contradiction($"is of unknown kind {(int)entry.Kind}");
        }
    }

    /// <summary>The fewest records that add up to this.</summary>
    public IEnumerable<CatalogEntry> ToEntries()
    {
        yield return new CatalogEntry { Kind = CatalogEntryKind.Header, FormatVersion = FormatVersion, Id = ClusterId };
        if (NextProducerId > 0)
        {
            yield return new CatalogEntry { Kind = CatalogEntryKind.ProducerIdsReserved, NextProducerId = NextProducerId };
        }

        if (BrokerConfigs.Count + ClusterWideConfigs.Count > 0)
        {
            yield return new CatalogEntry
            {
                Kind = CatalogEntryKind.BrokerConfigsSet,
                Settings = CatalogEntry.ToSettings(BrokerConfigs),
                ClusterWideSettings = CatalogEntry.ToSettings(ClusterWideConfigs),
            };
        }

        foreach (var topic in Topics.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal)) { yield return topic.ToEntry(); }
    }

    private StoredTopic Existing(Guid id) => Topics.GetValueOrDefault(id) ?? throw Contradiction("changes a topic that does not exist");

    private static void RequirePartitions(int partitions, int atLeast)
    {
        if (partitions < atLeast || partitions > MaxPartitions) { throw Contradiction($"gives a topic {partitions} partitions"); }
    }

    private static CatalogException Contradiction(string what) => new($"The catalog is damaged: a record {what}.");
}

/// <summary>A topic as the catalog file has it.</summary>
internal sealed record StoredTopic(Guid Id, string Name, bool IsInternal, int Partitions, IReadOnlyDictionary<string, string> Configs)
{
    public CatalogEntry ToEntry() => new()
    {
        Kind = CatalogEntryKind.TopicCreated,
        Id = Id,
        Name = Name,
        IsInternal = IsInternal,
        Partitions = Partitions,
        Settings = CatalogEntry.ToSettings(Configs),
    };
}
