using System.Collections.Concurrent;
using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace HsStream.Benchmarks.Broker;

/// <summary>The loads, the same for every broker; Confluent.Kafka in this process is the client, its cost included.</summary>
internal sealed class Workloads(Target target, TimeSpan duration)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _prefix = "bench-" + Guid.NewGuid().ToString("N")[..8];
    private int _topics;

    public async Task<string> CreateTopicAsync(int partitions)
    {
        var topic = $"{_prefix}-{_topics++}";
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = target.Bootstrap }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions }]);
        while (admin.GetMetadata(topic, Limit).Topics[0].Partitions.Count < partitions) { await Task.Delay(20); }
        return topic;
    }

    public async Task DeleteTopicsAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = target.Bootstrap }).Build();
        await admin.DeleteTopicsAsync(Enumerable.Range(0, _topics).Select(n => $"{_prefix}-{n}"));
    }

    /// <summary>Idempotent records of one size as fast as they go.</summary>
    /// <returns>Records acknowledged and records a second.</returns>
    public (int Count, double PerSecond) Produce(string topic, int bytes)
    {
        using var producer = NewProducer(config =>
        {
            config.EnableIdempotence = true;
            config.LingerMs = 5;
            config.BatchSize = 1_000_000;
            config.QueueBufferingMaxKbytes = 256 * 1024;
            config.QueueBufferingMaxMessages = 500_000;
            config.EnableDeliveryReports = false;
        });
        var payload = new byte[bytes];
        Random.Shared.NextBytes(payload);
        // At most 400 MB, so that the page cache of a small machine holds what is read back.
        var most = Math.Min(4_000_000, 400_000_000 / bytes);
        var sent = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration && sent < most)
        {
            try
            {
                producer.Produce(topic, new Message<Null, byte[]> { Value = payload });
                sent++;
            }
            catch (ProduceException<Null, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(1));
            }
        }

        var left = producer.Flush(Limit);
        return left == 0 ? (sent, sent / watch.Elapsed.TotalSeconds) : throw new TimeoutException($"{left} records were not acknowledged within {Limit}.");
    }

    /// <summary>Reads a topic from the beginning.</summary>
    /// <returns>Records a second.</returns>
    public double Consume(string topic, int count)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(
            new ConsumerConfig
            {
                BootstrapServers = target.Bootstrap,
                GroupId = topic,
                EnableAutoCommit = false,
                AutoOffsetReset = AutoOffsetReset.Earliest,
                FetchWaitMaxMs = 50,
                QueuedMinMessages = 500_000,
                MaxPartitionFetchBytes = 4 << 20,
            }).Build();
        consumer.Assign(Partitions(topic).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var read = 0;
        var watch = Stopwatch.StartNew();
        while (read < count)
        {
            if (consumer.Consume(1_000) is not null) { read++; }
            if (watch.Elapsed > Limit) { throw new TimeoutException($"Read {read} of {count} records within {Limit}."); }
        }

        return read / watch.Elapsed.TotalSeconds;
    }

    /// <summary>One 100-byte record at a time, acknowledged before the next.</summary>
    public async Task<Latency> OneInFlightAsync(string topic)
    {
        using var producer = NewProducer(config => (config.LingerMs, config.Acks) = (0, Acks.All));
        var payload = new byte[100];
        var samples = new List<double>();
        for (var n = 0; n < 50; n++) { await producer.ProduceAsync(topic, new Message<Null, byte[]> { Value = payload }); }
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration && samples.Count < 20_000)
        {
            var start = Stopwatch.GetTimestamp();
            await producer.ProduceAsync(topic, new Message<Null, byte[]> { Value = payload });
            samples.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Latency.Of([.. samples]);
    }

    /// <summary>100-byte records at a steady rate, whether or not earlier ones are acknowledged; from due to acknowledged.</summary>
    public Latency AtRate(string topic, int perSecond)
    {
        using var producer = NewProducer(config => (config.LingerMs, config.Acks, config.EnableIdempotence) = (0.5, Acks.All, true));
        var payload = new byte[100];
        var samples = new ConcurrentBag<double>();
        // The first second warms both sides up and counts for nothing.
        var total = (int)(duration.TotalSeconds * perSecond) + perSecond;
        var origin = Stopwatch.GetTimestamp();
        for (var n = 0; n < total; n++)
        {
            var due = origin + (long)((double)n / perSecond * Stopwatch.Frequency);
            // Sends what has become due about every millisecond: spinning until each is due would take one of two cores from the broker.
            while (Stopwatch.GetTimestamp() < due) { Thread.Sleep(1); }

            var counts = n >= perSecond;
            producer.Produce(topic, new Message<Null, byte[]> { Value = payload }, report =>
            {
                if (counts && !report.Error.IsError) { samples.Add((Stopwatch.GetTimestamp() - due) * 1000.0 / Stopwatch.Frequency); }
            });
        }

        producer.Flush(Limit);
        var counted = total - perSecond;
        return samples.Count == counted ? Latency.Of([.. samples]) : throw new InvalidOperationException($"{counted - samples.Count} of {counted} records failed.");
    }

    /// <returns>Transactions a second.</returns>
    public double Transactions(string topic, int records)
    {
        using var producer = NewProducer(config => (config.TransactionalId, config.LingerMs) = (topic + "-txn", 0));
        producer.InitTransactions(Limit);
        var payload = new byte[100];
        var done = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration)
        {
            producer.BeginTransaction();
            for (var n = 0; n < records; n++) { producer.Produce(topic, new Message<Null, byte[]> { Value = payload }); }
            producer.CommitTransaction(Limit);
            done++;
        }

        return done / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Ten producers and ten consumers of one group, 100 records a second each: the memory they leave the broker with.</summary>
    public async Task<long?> ResidentWithClientsAsync(string topic, int clients)
    {
        using var stop = new CancellationTokenSource();
        var running = Enumerable.Range(0, clients).Select(n => Task.Factory.StartNew(
            () => { if (n % 2 == 0) { TrickleOut(topic, stop.Token); } else { TrickleIn(topic, stop.Token); } },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        await Task.Delay(duration);
        var resident = target.ResidentBytes;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        return resident;
    }

    private void TrickleOut(string topic, CancellationToken stop)
    {
        using var producer = NewProducer(config => config.LingerMs = 5);
        while (!stop.IsCancellationRequested)
        {
            producer.Produce(topic, new Message<Null, byte[]> { Value = new byte[1_000] });
            stop.WaitHandle.WaitOne(10);
        }

        producer.Flush(Limit);
    }

    private void TrickleIn(string topic, CancellationToken stop)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(
            new ConsumerConfig { BootstrapServers = target.Bootstrap, GroupId = topic + "-trickle", AutoOffsetReset = AutoOffsetReset.Latest }).SetLogHandler((_, _) => { }).Build();
        consumer.Subscribe(topic);
        while (!stop.IsCancellationRequested) { consumer.Consume(100); }
        consumer.Close();
    }

    private List<int> Partitions(string topic)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = target.Bootstrap }).Build();
        return admin.GetMetadata(topic, Limit).Topics[0].Partitions.ConvertAll(p => p.PartitionId);
    }

    private IProducer<Null, byte[]> NewProducer(Action<ProducerConfig> configure)
    {
        var config = new ProducerConfig { BootstrapServers = target.Bootstrap };
        configure(config);
        return new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).Build();
    }
}
