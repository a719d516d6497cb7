using System.Globalization;
using Confluent.Kafka;
using HsStream.Cli.Connect;
using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Processing;

namespace HsStream.Cli.DeadLetters;

/// <param name="Position">In the dead-letter topic.</param>
internal sealed record StoredLetter(RecordPosition Position, InputRecord Record, DeadLetter Letter)
{
    /// <summary>What the operator types: <c>PARTITION@OFFSET</c>.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Position.Partition}@{Position.Offset}");
}

/// <summary>Reads <c>hs.dead-letters</c>.</summary>
internal sealed class DeadLetterTopic(KafkaAccess kafka)
{
    /// <summary>All that are there now, partition by partition in the order of their offsets.</summary>
    /// <param name="strange">Counts the records that are no dead letters.</param>
    public List<StoredLetter> ReadAll(out int strange, CancellationToken cancellationToken)
    {
        var letters = new List<StoredLetter>();
        strange = 0;
        using var consumer = kafka.OpenConsumer();
        var starts = Enumerable.Range(0, kafka.Partitions(Topics.DeadLetters)).Select(p => new TopicPartitionOffset(Topics.DeadLetters, p, Offset.Beginning)).ToList();
        foreach (var record in kafka.Read(consumer, starts, isFollowing: false, cancellationToken))
        {
            if (TryRead(record) is { } letter) { letters.Add(letter); } else { strange++; }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return letters;
    }

    /// <exception cref="OperatorException">The id is malformed, or there is no such dead letter.</exception>
    public StoredLetter Read(string id, CancellationToken cancellationToken)
    {
        var at = id.IndexOf('@', StringComparison.Ordinal);
        if (at < 0 || !int.TryParse(id.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            || !long.TryParse(id.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            throw new OperatorException($"the dead letter is '{id}'; expected PARTITION@OFFSET as hsstream dead-letters list shows it, such as 0@12");
        }

        var partitions = kafka.Partitions(Topics.DeadLetters);
        using var consumer = kafka.OpenConsumer();
        if (partition < partitions && kafka.Bounds(consumer, new TopicPartition(Topics.DeadLetters, partition)) is var (first, next) && offset >= first && offset < next)
        {
            var start = new TopicPartitionOffset(Topics.DeadLetters, partition, offset);
            // The offset may be a transaction's marker, and then the next record is another one.
            if (kafka.Read(consumer, [start], isFollowing: false, cancellationToken).FirstOrDefault() is { } record && record.Offset.Value == offset && TryRead(record) is { } letter)
            {
                return letter;
            }
        }

        throw new OperatorException($"there is no dead letter {id} in {Topics.DeadLetters} of {kafka.BootstrapServers}; hsstream dead-letters list shows those that are there");
    }

    private static StoredLetter? TryRead(ConsumeResult<byte[]?, byte[]?> result)
    {
        var record = new InputRecord(
            new RecordPosition(result.Topic, result.Partition.Value, result.Offset.Value), result.Message.Key, result.Message.Value, result.Message.Headers, result.Message.Timestamp.UtcDateTime);
        try
        {
            return new StoredLetter(record.Position, record, DeadLetterRecord.Read(record));
        }
        catch (RecordException)
        {
            return null;
        }
    }
}
