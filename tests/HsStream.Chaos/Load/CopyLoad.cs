using System.Globalization;
using Confluent.Kafka;

namespace HsStream.Chaos.Load;

/// <summary>Copies a topic into another exactly once: records and offsets in one transaction, over many incarnations.</summary>
internal sealed class CopyLoad(string bootstrap, string source, string sink, int partitions, string name, int seed)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    private int _copied;

    public int Copied => _copied;

    /// <summary>Copies until told to stop, then until nothing is left.</summary>
    public void Run(Verdict verdict, CancellationToken stop)
    {
        var random = new Random(seed);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (Incarnation(random, stop)) { return; }
            }
            catch (KafkaException e)
            {
                // A fenced or failed incarnation is followed by the next one.
                if (e.Error.IsFatal) { verdict.Violation("a copier alone on its id is never fenced", $"{name}: {e.Error}"); }
            }

            if (stop.IsCancellationRequested && watch.Elapsed > TimeSpan.FromMinutes(10))
            {
                verdict.Violation("the copier ends", name);
                return;
            }
        }
    }

    public static void Check(string bootstrap, string source, string sink, int partitions, string group, Verdict verdict)
    {
        var read = LogReader.Read(bootstrap, source, partitions, IsolationLevel.ReadCommitted).Select(record => $"{record.Partition}:{record.Offset}").ToHashSet();
        var copies = LogReader.Read(bootstrap, sink, partitions, IsolationLevel.ReadCommitted);
        foreach (var twice in copies.GroupBy(record => record.Key).Where(copy => copy.Count() > 1)) { verdict.Violation("no record copied twice", twice.Key); }
        var found = copies.Select(record => record.Key).ToHashSet();
        foreach (var lost in read.Where(record => !found.Contains(record))) { verdict.Violation("every record copied", lost); }
        foreach (var made in found.Where(record => !read.Contains(record))) { verdict.Violation("no copy without a record", made); }
        var order = copies.GroupBy(record => record.Partition).Where(p => !p.Select(Number).SequenceEqual(p.Select(Number).Order()));
        foreach (var partition in order) { verdict.Violation("copies in order", $"partition {partition.Key}"); }

        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = bootstrap, GroupId = group }).Build();
        var all = Enumerable.Range(0, partitions).Select(p => new TopicPartition(source, p)).ToList();
        foreach (var committed in consumer.Committed(all, TimeSpan.FromSeconds(30)))
        {
            var end = consumer.QueryWatermarkOffsets(committed.TopicPartition, TimeSpan.FromSeconds(30)).High;
            if (committed.Offset != end) { verdict.Violation("the group's offset is the end of what was copied", $"{committed} of {end}"); }
        }

        static long Number(StoredRecord record) => long.Parse(record.Key.AsSpan(record.Key.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
    }

    /// <returns>True when the work is done.</returns>
    private bool Incarnation(Random random, CancellationToken stop)
    {
        using var producer = TransactionalClient.New(bootstrap, name);
        TransactionalClient.Retry(() => producer.InitTransactions(Step), CancellationToken.None);
        using var consumer = new ConsumerBuilder<string, string>(
                new ConsumerConfig
                {
                    BootstrapServers = bootstrap,
                    GroupId = name,
                    EnableAutoCommit = false,
                    EnablePartitionEof = true,
                    AutoOffsetReset = AutoOffsetReset.Earliest,
                    IsolationLevel = IsolationLevel.ReadCommitted,
                    ReconnectBackoffMs = 20,
                    ReconnectBackoffMaxMs = 100,
                    GroupInstanceId = name,
                    SessionTimeoutMs = 45_000,
                    FetchWaitMaxMs = 50,
                    MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
                })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        consumer.Subscribe(source);
        var ends = new HashSet<TopicPartition>();
        try
        {
            var rounds = random.Next(3, 30);
            for (var round = 0; round < rounds || stop.IsCancellationRequested; round++)
            {
                if (Copy(consumer, producer, ends, abort: random.Next(8) == 0 && !stop.IsCancellationRequested) && stop.IsCancellationRequested) { return true; }
            }

            if (random.Next(2) == 0)
            {
                // Dies with an open transaction that the next incarnation must abort.
                producer.BeginTransaction();
                producer.Produce(new TopicPartition(sink, 0), new Message<string, string> { Key = "0:-1", Value = "zombie" });
                producer.Flush(TimeSpan.FromMilliseconds(200));
            }

            return false;
        }
        finally
        {
            consumer.Close();
        }
    }

    /// <param name="ends">Partitions read to their end; a client says so once, when it gets there.</param>
    /// <returns>True when every partition is read to its end and nothing was found.</returns>
    private bool Copy(IConsumer<string, string> consumer, IProducer<string, string> producer, HashSet<TopicPartition> ends, bool abort)
    {
        var next = new Dictionary<TopicPartition, TopicPartitionOffset>();
        var (copied, open) = (0, false);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            while (copied < 200 && watch.ElapsedMilliseconds < 500 && !(copied == 0 && ends.Count == partitions && watch.ElapsedMilliseconds > 100))
            {
                if (consumer.Consume(50) is not { } record) { continue; }
                if (record.IsPartitionEOF)
                {
                    ends.Add(record.TopicPartition);
                    if (ends.Count == partitions) { break; }
                    continue;
                }

                ends.Remove(record.TopicPartition);
                if (!open)
                {
                    producer.BeginTransaction();
                    open = true;
                }

                producer.Produce(new TopicPartition(sink, record.Partition), new Message<string, string> { Key = $"{record.Partition.Value}:{record.Offset.Value}", Value = "copy" });
                next[record.TopicPartition] = new TopicPartitionOffset(record.TopicPartition, record.Offset + 1);
                copied++;
            }

            if (!open) { return ends.Count == partitions; }
            TransactionalClient.Retry(() => producer.SendOffsetsToTransaction(next.Values, consumer.ConsumerGroupMetadata, Step), CancellationToken.None);
            if (!abort && TransactionalClient.Commit(producer))
            {
                Interlocked.Add(ref _copied, copied);
                return false;
            }

            if (abort) { TransactionalClient.Abort(producer); }
        }
        catch (KafkaException e) when (!e.Error.IsFatal && open)
        {
            TransactionalClient.Abort(producer);
        }
        catch (ConsumeException)
        {
            return false;
        }

        // The others are still at their ends, and the client does not say so again.
        Rewind(consumer, next.Keys);
        ends.ExceptWith(next.Keys);
        return false;
    }

    private static void Rewind(IConsumer<string, string> consumer, IEnumerable<TopicPartition> partitions)
    {
        List<TopicPartitionOffset> committed = [];
        TransactionalClient.Retry(() => committed = consumer.Committed(partitions, Step), CancellationToken.None);
        foreach (var one in committed)
        {
            consumer.Seek(one.Offset == Offset.Unset ? new TopicPartitionOffset(one.TopicPartition, Offset.Beginning) : one);
        }
    }
}
