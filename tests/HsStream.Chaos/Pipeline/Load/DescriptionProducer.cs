using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using HsStream.Chaos.Load;
using HsStream.Chaos.Pipeline.Checking;

namespace HsStream.Chaos.Pipeline.Load;

/// <summary>Publishes records idempotently and in order, through every outage of the broker.</summary>
internal sealed class DescriptionProducer : IDisposable
{
    private static readonly TimeSpan LongestOutage = TimeSpan.FromMinutes(10);
    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly string _topic;
    private int _acknowledged;
    private string? _failure;

    public DescriptionProducer(string bootstrap, string topic)
    {
        _topic = topic;
        _producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig
        {
            BootstrapServers = bootstrap,
            EnableIdempotence = true,
            LingerMs = 2,
            MessageTimeoutMs = (int)LongestOutage.TotalMilliseconds,
            ReconnectBackoffMs = 20,
            ReconnectBackoffMaxMs = 200,
            RetryBackoffMs = 50,
            QueueBufferingMaxMessages = 100_000,
            Partitioner = Partitioner.Murmur2Random,
            MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <param name="perSecond">0 sends as fast as the broker takes.</param>
    /// <exception cref="InvalidOperationException">A record was refused for good.</exception>
    public async Task SendAsync(IEnumerable<LoadRecord> records, int perSecond, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var sent = 0;
        foreach (var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_failure is { } failure) { throw new InvalidOperationException(failure); }
            await ProduceAsync(record, cancellationToken);
            sent++;
            if (perSecond > 0 && sent % 10 == 0 && TimeSpan.FromSeconds((double)sent / perSecond) - clock.Elapsed is { TotalMilliseconds: > 5 } early)
            {
                await Task.Delay(early, cancellationToken);
            }
        }

        while (_producer.Flush(TimeSpan.FromMilliseconds(500)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_failure is not null) { break; }
        }

        if (_failure is { } last) { throw new InvalidOperationException(last); }
    }

    public void Dispose() => _producer.Dispose();

    private async Task ProduceAsync(LoadRecord record, CancellationToken cancellationToken)
    {
        var headers = new Headers();
        if (record.Poison is not null) { headers.Add(TopicFacts.PoisonHeader, Encoding.UTF8.GetBytes(record.Poison)); }
        var message = new Message<byte[]?, byte[]?>
        {
            Key = record.Key is null ? null : Encoding.UTF8.GetBytes(record.Key),
            Value = record.Value,
            Headers = headers,
            Timestamp = record.Timestamp is { } at ? new Timestamp(at, TimestampType.CreateTime) : Timestamp.Default,
        };
        while (true)
        {
            try
            {
                _producer.Produce(_topic, message, Delivered);
                return;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    private void Delivered(DeliveryReport<byte[]?, byte[]?> report)
    {
        if (report.Error.IsError) { _failure ??= $"A description was not accepted: {report.Error}"; }
        else { Interlocked.Increment(ref _acknowledged); }
    }
}
