using Confluent.Kafka;

namespace HsStream.Chaos.Load;

internal readonly record struct StoredRecord(int Partition, long Offset, string Key, string Value);

/// <summary>Reads topics whole.</summary>
internal static class LogReader
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Every record of a topic up to its end at this moment.</summary>
    public static List<StoredRecord> Read(string bootstrap, string topic, int partitions, IsolationLevel isolation)
    {
        using var consumer = New(bootstrap, isolation);
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var records = new List<StoredRecord>();
        var open = Enumerable.Range(0, partitions).ToHashSet();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (open.Count > 0)
        {
            if (watch.Elapsed > Limit) { throw new TimeoutException($"Read {records.Count} records of {topic} and no end of partitions {string.Join(',', open)} within {Limit}."); }
            if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is not { } result) { continue; }
            if (result.IsPartitionEOF) { open.Remove(result.Partition); } else { records.Add(new(result.Partition, result.Offset, result.Message.Key, result.Message.Value)); }
        }

        return records;
    }

    public static IConsumer<string, string> New(string bootstrap, IsolationLevel isolation) =>
        new ConsumerBuilder<string, string>(
                new ConsumerConfig
                {
                    BootstrapServers = bootstrap,
                    GroupId = "reader-" + Guid.NewGuid().ToString("N"),
                    EnableAutoCommit = false,
                    EnablePartitionEof = true,
                    IsolationLevel = isolation,
                    AutoOffsetReset = AutoOffsetReset.Error,
                    ReconnectBackoffMs = 20,
                    MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
                    ReconnectBackoffMaxMs = 100,
                })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
}
