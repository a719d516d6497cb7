using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>A topic as it is now. Partitions may be added and settings replaced; name and id never change.</summary>
internal sealed class Topic
{
    public string Name => throw new NotImplementedException();

    public Guid Id => throw new NotImplementedException();

    public bool IsInternal => throw new NotImplementedException();

    public TopicConfig Config => throw new NotImplementedException();

    /// <summary>A snapshot; index = partition number.</summary>
    public IReadOnlyList<PartitionLog> Partitions => throw new NotImplementedException();
}

/// <summary>Which topics exist, with ids and settings; every change is durable before it is visible.</summary>
/// <remarks>Reads are lock-free snapshots; changes are serialised.</remarks>
internal sealed class TopicCatalog : IDisposable
{
    public Guid ClusterId => throw new NotImplementedException();

    /// <summary>By name, in ordinal order.</summary>
    public IReadOnlyList<Topic> Topics => throw new NotImplementedException();

    public Topic? Find(string name) => throw new NotImplementedException();

    public Topic? Find(Guid id) => throw new NotImplementedException();

    public PartitionLog? Find(TopicPartition partition) => throw new NotImplementedException();

    /// <returns>
    /// The topic, or an error: <see cref="ErrorCode.InvalidTopicException"/>, <see cref="ErrorCode.TopicAlreadyExists"/>,
    /// <see cref="ErrorCode.InvalidPartitions"/>, <see cref="ErrorCode.InvalidConfig"/>, <see cref="ErrorCode.KafkaStorageError"/>.
    /// </returns>
    /// <param name="validateOnly">Checks everything and changes nothing.</param>
    public (ErrorCode Error, string? Message, Topic? Topic) Create(
        string name, int partitions, IReadOnlyDictionary<string, string?> configs, bool validateOnly, bool isInternal = false) =>
        throw new NotImplementedException();

    public (ErrorCode Error, string? Message) Delete(Topic topic) => throw new NotImplementedException();

    public (ErrorCode Error, string? Message) AddPartitions(Topic topic, int newTotal, bool validateOnly) =>
        throw new NotImplementedException();

    /// <summary>Replaces the topic's explicit settings.</summary>
    public (ErrorCode Error, string? Message) SetConfigs(
        Topic topic, IReadOnlyDictionary<string, string> configs, bool validateOnly) => throw new NotImplementedException();

    /// <summary>Reserves a producer id; a block of 1,000 is made durable before its first use.</summary>
    public long NextProducerId() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
