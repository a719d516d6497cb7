using Confluent.Kafka;
using HsStream.Streaming.Processing;

namespace HsStream.Streaming.Feeding;

/// <summary>Stores batches together with the offsets that they reach.</summary>
public interface IOffsetBatchHandler
{
    /// <summary>Where to read on, after partitions were assigned.</summary>
    /// <returns>The next offset of each partition that has one; the others start at their beginning.</returns>
    /// <remarks>What it throws has it called again after a pause, while the consumer stays in its group.</remarks>
    Task<IReadOnlyDictionary<TopicPartition, long>> LoadOffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken);

    /// <param name="batch">At least one record; of each partition in offset order, without gaps but those that the topic has.</param>
    /// <param name="cancellationToken">Cancelled when the partitions are lost, or go and this takes too long: commit nothing then.</param>
    /// <exception cref="StaleOffsetsException">The store is further than this consumer: it reads its offsets again and goes on from there.</exception>
    /// <exception cref="ProcessorFatalException">Ends the consumer.</exception>
    /// <remarks>Anything else that it throws has the same batch handled again after a pause, without end.</remarks>
    Task HandleAsync(IReadOnlyList<InputRecord> batch, CancellationToken cancellationToken);
}

/// <summary>The offsets that a batch starts from are not the stored ones: another instance owns the partitions, or did.</summary>
public sealed class StaleOffsetsException(string message) : Exception(message);
