using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>A topic as it is now. Partitions may be added and settings replaced; name and id never change.</summary>
internal sealed class Topic(Guid id, string name, bool isInternal, TopicConfig config, PartitionLog[] partitions)
{
    private volatile TopicConfig _config = config;
    private volatile PartitionLog[] _partitions = partitions;

    public string Name { get; } = name;

    public Guid Id { get; } = id;

    public bool IsInternal { get; } = isInternal;

    public TopicConfig Config => _config;

    /// <summary>A snapshot; index = partition number.</summary>
    public IReadOnlyList<PartitionLog> Partitions => _partitions;

    /// <summary>Gives the topic and its partitions other settings; only the catalog calls this.</summary>
    internal void Use(TopicConfig config)
    {
        _config = config;
        foreach (var partition in _partitions) { partition.Config = config; }
    }

    /// <summary>Shows further partitions; only the catalog calls this.</summary>
    internal void Show(PartitionLog[] partitions) => _partitions = partitions;
}
