using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Cli.Connect;

namespace HsStream.Cli.Status;

/// <param name="Lag">Records that the group has still to read.</param>
/// <param name="Behind">How long the oldest of them waits; zero when there is none, null when it cannot be read.</param>
internal sealed record GroupLag(string Group, string State, int Members, string Topic, int Partitions, long Lag, TimeSpan? Behind);

/// <summary>What groups have still to read, in records and in time.</summary>
internal sealed class GroupLags(KafkaAccess kafka, TimeProvider time)
{
    /// <summary>Of every group that committed offsets, one row a topic.</summary>
    public async Task<List<GroupLag>> ReadAsync(CancellationToken cancellationToken)
    {
        using var admin = kafka.OpenAdmin();
        using var consumer = kafka.OpenConsumer();
        var rows = new List<GroupLag>();
        try
        {
            var listed = await admin.ListConsumerGroupsAsync(new ListConsumerGroupsOptions { RequestTimeout = KafkaAccess.Patience });
            var names = listed.Valid.Select(group => group.GroupId).Order(StringComparer.Ordinal).ToList();
            if (names.Count == 0) { return rows; }
            var described = await admin.DescribeConsumerGroupsAsync(names, new DescribeConsumerGroupsOptions { RequestTimeout = KafkaAccess.Patience });
            foreach (var group in described.ConsumerGroupDescriptions.Where(group => !group.Error.IsError))
            {
                var offsets = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group.GroupId, null)], new ListConsumerGroupOffsetsOptions { RequestTimeout = KafkaAccess.Patience });
                foreach (var topic in offsets.SelectMany(o => o.Partitions).Where(o => o.Offset.Value >= 0).GroupBy(o => o.Topic).OrderBy(topic => topic.Key, StringComparer.Ordinal))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var lags = topic.Select(o => Lag(consumer, o.TopicPartition, o.Offset.Value)).ToList();
                    TimeSpan? behind = lags.Any(lag => lag.Behind is null) ? null : lags.Max(lag => lag.Behind);
                    rows.Add(new GroupLag(group.GroupId, group.State.ToString(), group.Members.Count, topic.Key, lags.Count, lags.Sum(lag => lag.Records), behind));
                }
            }
        }
        catch (KafkaException e)
        {
            throw kafka.NoAnswer(e);
        }

        return rows;
    }

    /// <summary>What lies in a partition from an offset on. What a transaction's marker alone leaves is nothing.</summary>
    public (long Records, TimeSpan? Behind) Lag(IConsumer<byte[]?, byte[]?> consumer, TopicPartition partition, long committed)
    {
        var (first, next) = kafka.Bounds(consumer, partition);
        var from = Math.Max(first, committed);
        if (from >= next) { return (0, TimeSpan.Zero); }
        consumer.Assign(new TopicPartitionOffset(partition, from));
        try
        {
            var oldest = consumer.Consume(KafkaAccess.Patience);
            // Only markers of transactions are left: nothing waits.
            if (oldest is null) { return (next - from, null); }
            if (oldest.IsPartitionEOF) { return (0, TimeSpan.Zero); }
            var waits = time.GetUtcNow() - oldest.Message.Timestamp.UtcDateTime;
            return (next - from, waits > TimeSpan.Zero ? waits : TimeSpan.Zero);
        }
        finally
        {
            consumer.Unassign();
        }
    }
}
