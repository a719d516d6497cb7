using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Tracing;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Publish;

/// <summary>Publishes single records for those who speak HTTP or type commands. Idempotent, acknowledged by all in-sync replicas. Thread-safe.</summary>
public sealed class RecordPublisher : IDisposable
{
    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly string _source;
    private readonly TimeProvider _time;

    /// <param name="name">Who publishes: console, cli. Becomes <c>ce_source</c> hsstream/NAME.</param>
    public RecordPublisher(KafkaSettings settings, string name, ILoggerFactory loggers, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var logger = loggers.CreateLogger<RecordPublisher>();
        _source = "hsstream/" + name;
        _time = time;
        _producer = new ProducerBuilder<byte[]?, byte[]?>(ClientConfigs.Producer(settings, name))
            .SetLogHandler((_, message) => logger.Client(message))
            .SetErrorHandler((_, error) => logger.Client(error))
            .Build();
    }

    /// <summary>Encodes a message and publishes it under its own key.</summary>
    /// <returns>Where it stands now.</returns>
    /// <exception cref="ProduceException{TKey,TValue}">It was not acknowledged; it may be there all the same.</exception>
    public async Task<RecordPosition> PublishAsync<T>(string topic, MessageCodec<T> codec, T message, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(codec);
        using var span = StreamingTrace.Source.StartActivity($"publish {topic}", ActivityKind.Producer);
        var value = await codec.EncodeAsync(topic, message, cancellationToken);
        var headers = RecordHeaders.Create(codec.IdOf(message), codec.EventType, _source, _time.GetUtcNow(), RecordHeaders.CurrentTraceParent());
        return await SendAsync(new OutputRecord(topic, Encoding.UTF8.GetBytes(codec.KeyOf(message)), value, headers), cancellationToken);
    }

    /// <summary>Publishes bytes as they are, such as a dead letter's; a traceparent is added when they have none.</summary>
    public Task<RecordPosition> PublishAsync(OutputRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (RecordHeaders.TraceParent(record.Headers) is null)
        {
            record.Headers.Remove(RecordHeaders.TraceParentName);
            record.Headers.Add(RecordHeaders.TraceParentName, Encoding.ASCII.GetBytes(RecordHeaders.CurrentTraceParent()));
        }

        return SendAsync(record, cancellationToken);
    }

    /// <summary>Waits for what is under way, at most 10 s.</summary>
    public void Dispose()
    {
        _producer.Flush(TimeSpan.FromSeconds(10));
        _producer.Dispose();
    }

    private async Task<RecordPosition> SendAsync(OutputRecord record, CancellationToken cancellationToken)
    {
        var message = new Message<byte[]?, byte[]?> { Key = record.Key, Value = record.Value, Headers = record.Headers, Timestamp = new Timestamp(_time.GetUtcNow()) };
        while (true)
        {
            try
            {
                var result = await _producer.ProduceAsync(record.Topic, message, cancellationToken);
                return new RecordPosition(result.Topic, result.Partition.Value, result.Offset.Value);
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                // The caller feels the pressure: it waits until something has left the queue.
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, cancellationToken);
            }
        }
    }
}
