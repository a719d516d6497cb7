using System.Globalization;
using Confluent.Kafka;
using HsStream.Training.Catalogue;

namespace HsStream.Cli.Generate;

/// <summary>Publishes lines as JSON, keyed by the description's id.</summary>
/// <remarks>The producer is idempotent: no line is doubled or changes its place by a retry. Ends only when every line is acknowledged.</remarks>
internal static class TopicWriter
{
    /// <summary>For one line to be acknowledged.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan QueueWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);

    /// <param name="interval">Zero sends as fast as it goes.</param>
    /// <exception cref="OperatorException">A line was not acknowledged.</exception>
    public static async Task SendAsync(
        IEnumerable<ShipmentLine> lines, string topic, string bootstrap, TimeSpan interval, TimeSpan patience, TimeProvider time, TextWriter errors, CancellationToken cancellationToken)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrap,
            ClientId = "hsstream-generate",
            EnableIdempotence = true,
            LingerMs = 10,
            CompressionType = CompressionType.Lz4,
            MessageTimeoutMs = (int)patience.TotalMilliseconds,
        };
        string? trouble = null;
        long sent = 0, acknowledged = 0;
        using var producer = new ProducerBuilder<string, byte[]>(config)
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, e) => trouble ??= e.IsFatal ? e.Reason : null)
            .Build();
        var start = time.GetTimestamp();
        var shown = start;
        foreach (var line in lines)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Volatile.Read(ref trouble) is { } reason) { throw Failed(reason); }
            if (interval > TimeSpan.Zero && (sent * interval) - time.GetElapsedTime(start) is var early && early > TimeSpan.Zero) { await Task.Delay(early, time, cancellationToken); }
            Produce(new Message<string, byte[]> { Key = line.Id, Value = ShipmentWriter.ToJson(line), Timestamp = new Timestamp(line.Time) });
            sent++;
            if (time.GetElapsedTime(shown) > ProgressEvery)
            {
                shown = time.GetTimestamp();
                await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Read(ref acknowledged)} of {sent} sent lines acknowledged"));
            }
        }

        while (producer.Flush(QueueWait) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Volatile.Read(ref trouble) is { } reason) { throw Failed(reason); }
        }

        if (trouble is not null || acknowledged != sent) { throw Failed(trouble ?? "the broker did not answer"); }
        await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"published {sent} lines to {topic} in {time.GetElapsedTime(start).TotalSeconds:0.0} s"));

        void Produce(Message<string, byte[]> message)
        {
            while (true)
            {
                try
                {
                    producer.Produce(topic, message, Delivered);
                    return;
                }
                catch (ProduceException<string, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (trouble is { } reason) { throw Failed(reason); }
                    producer.Poll(QueueWait);
                }
            }
        }

        void Delivered(DeliveryReport<string, byte[]> report)
        {
            if (report.Error.IsError) { Volatile.Write(ref trouble, trouble ?? report.Error.Reason); } else { Interlocked.Increment(ref acknowledged); }
        }

        OperatorException Failed(string reason) =>
            new(string.Create(CultureInfo.InvariantCulture, $"{acknowledged} of {sent} lines were acknowledged by {bootstrap}, topic {topic}: {reason}"));
    }
}
