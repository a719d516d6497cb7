using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using HsStream.Chaos.Load;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Domain.Messages;
using HsStream.Training.Catalogue;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>Publishes generated shipment lines and reads predictions back.</summary>
internal sealed class PipelineLoad(string bootstrap, DescriptionEncoding encoding, int partitions)
{
    /// <summary>Publishes as fast as the broker takes; every id is new.</summary>
    public void Fill(string prefix, int count)
    {
        using var producer = Producer(linger: 20);
        foreach (var (id, value) in Lines(prefix, count)) { Produce(producer, id, value); }
        if (producer.Flush(TimeSpan.FromMinutes(5)) > 0) { throw new TimeoutException("The broker did not take every description within 5 minutes."); }
    }

    /// <summary>Reads new predictions until there are as many as were asked for.</summary>
    /// <param name="from">Offsets to begin at; see <see cref="Ends"/>.</param>
    /// <param name="each">Called with the number read so far.</param>
    /// <returns>Predictions a second between the first tenth and the last, by the time at which they could be read.</returns>
    public double Drain(IReadOnlyList<TopicPartitionOffset> from, int count, TimeSpan patience, Action<int>? each = null)
    {
        using var consumer = Consumer();
        consumer.Assign(from);
        var (read, warm, warmAt, watch) = (0, count / 10, 0L, Stopwatch.StartNew());
        var clock = Stopwatch.StartNew();
        while (read < count)
        {
            if (watch.Elapsed > patience) { throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"No prediction for {patience}, after {read} of {count}.")); }
            if (consumer.Consume(100) is null) { continue; }
            watch.Restart();
            if (++read == warm) { warmAt = clock.ElapsedTicks; }
            each?.Invoke(read);
        }

        return (count - warm) / TimeSpan.FromTicks(clock.ElapsedTicks * TimeSpan.TicksPerSecond / Stopwatch.Frequency - (warmAt * TimeSpan.TicksPerSecond / Stopwatch.Frequency)).TotalSeconds;
    }

    /// <summary>Publishes at a steady rate while a consumer waits for each prediction.</summary>
    /// <returns>Milliseconds from the produce call, one a description that was predicted in time.</returns>
    public double[] AtRate(string prefix, int perSecond, TimeSpan duration)
    {
        var count = (int)(perSecond * duration.TotalSeconds);
        var lines = Lines(prefix, count).ToList();
        var sent = new long[count];
        var waits = new double[count];
        var seen = 0;
        using var consumer = Consumer();
        consumer.Assign(Ends());
        using var ready = new ManualResetEventSlim();
        var reading = new Thread(() =>
        {
            consumer.Consume(200);      // positions are found before the clock runs
            ready.Set();
            var quiet = Stopwatch.StartNew();
            while (seen < count && quiet.Elapsed < TimeSpan.FromSeconds(30))
            {
                if (consumer.Consume(100) is not { } result) { continue; }
                var now = Stopwatch.GetTimestamp();
                var key = Encoding.UTF8.GetString(result.Message.Key);
                if (!key.StartsWith(prefix, StringComparison.Ordinal)) { continue; }
                quiet.Restart();
                var n = int.Parse(key.AsSpan(prefix.Length), CultureInfo.InvariantCulture);
                waits[n] = Stopwatch.GetElapsedTime(Volatile.Read(ref sent[n]), now).TotalMilliseconds;
                seen++;
            }
        });
        reading.Start();
        ready.Wait();
        using (var producer = Producer(linger: 0))
        {
            var clock = Stopwatch.StartNew();
            for (var n = 0; n < count; n++)
            {
                var due = TimeSpan.FromSeconds((double)n / perSecond);
                while (clock.Elapsed < due)
                {
                    if (due - clock.Elapsed > TimeSpan.FromMilliseconds(1)) { Thread.Sleep(1); } else { Thread.SpinWait(20); }
                }

                Volatile.Write(ref sent[n], Stopwatch.GetTimestamp());
                Produce(producer, lines[n].Id, lines[n].Value);
            }

            producer.Flush(TimeSpan.FromSeconds(30));
            reading.Join();
        }

        if (seen < count) { throw new TimeoutException($"{count - seen} of {count} predictions did not come."); }
        // The first second is warm-up.
        return waits[Math.Min(perSecond, count / 5)..];
    }

    /// <summary>Where each partition of the predictions ends now.</summary>
    public List<TopicPartitionOffset> Ends()
    {
        using var consumer = Consumer();
        return [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(Topics.Predictions, p))
            .Select(p => new TopicPartitionOffset(p, consumer.QueryWatermarkOffsets(p, TimeSpan.FromSeconds(30)).High))];
    }

    private IEnumerable<(string Id, byte[] Value)> Lines(string prefix, int count)
    {
        var lines = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = 9, ExpectedCount = count });
        for (var n = 0; n < count; n++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{prefix}{n}");
            yield return (id, encoding.Encode(id, lines.Next().Description, null));
        }
    }

    private static void Produce(IProducer<byte[], byte[]> producer, string id, byte[] value)
    {
        var message = new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(id), Value = value };
        while (true)
        {
            try
            {
                producer.Produce(Topics.Descriptions, message);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                Thread.Sleep(5);
            }
        }
    }

    private IProducer<byte[], byte[]> Producer(double linger) =>
        new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = bootstrap,
            EnableIdempotence = true,
            LingerMs = linger,
            Partitioner = Partitioner.Murmur2Random,
            MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
        }).SetLogHandler((_, _) => { }).Build();

    private IConsumer<byte[], byte[]> Consumer() =>
        new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = "bench-" + Guid.NewGuid().ToString("N"),
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            FetchWaitMaxMs = 5,
            MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
        }).SetLogHandler((_, _) => { }).Build();
}
