using Confluent.Kafka;

namespace HsStream.Streaming.Feeding;

/// <summary>Hears what happens to the partitions, on the polling thread.</summary>
internal interface IFeedListener
{
    /// <param name="added">What came; empty when the group was rebalanced and nothing changed here.</param>
    void Assigned(IReadOnlyList<TopicPartition> added);

    /// <summary>They go to another instance as soon as this returns: settle what was taken of them, or give it up.</summary>
    void Revoking(IReadOnlyList<TopicPartition> removed);

    /// <summary>They are gone already; nothing that was taken of them may be committed.</summary>
    void Lost(IReadOnlyList<TopicPartition> removed);
}
