using Confluent.Kafka;
using HsStream.Domain.Messages;

namespace HsStream.Streaming.Processing;

/// <summary>A record as it was read; nothing in it has been decoded.</summary>
public sealed class InputRecord
{
    internal InputRecord(ConsumeResult<byte[]?, byte[]?> result, long receivedAt)
        : this(
            new RecordPosition(result.Topic, result.Partition.Value, result.Offset.Value), result.Message.Key, result.Message.Value,
            result.Message.Headers, Time(result.Message.Timestamp), receivedAt)
    {
    }

    /// <param name="receivedAt">Ticks of the processor's TimeProvider, <see cref="TimeProvider.GetTimestamp"/>.</param>
    public InputRecord(RecordPosition position, byte[]? key, byte[]? value, Headers? headers, DateTimeOffset timestamp, long receivedAt = 0)
    {
        Position = position;
        Key = key;
        Value = value;
        Headers = headers ?? [];
        Timestamp = timestamp;
        ReceivedAt = receivedAt;
    }

    public RecordPosition Position { get; }

    public string Topic => Position.Topic;

    public byte[]? Key { get; }

    public byte[]? Value { get; }

    public Headers Headers { get; }

    /// <summary>The record's own; the Unix epoch when the producer gave none. To the millisecond, UTC.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>When it left the consumer, in <see cref="TimeProvider.GetTimestamp"/> ticks.</summary>
    public long ReceivedAt { get; }

    /// <summary>W3C <c>traceparent</c> of the producer; null when it sent none or nonsense.</summary>
    public string? TraceParent => Tracing.RecordHeaders.TraceParent(Headers);

    /// <summary>Key and value; what bounds are counted in.</summary>
    internal int Bytes => (Key?.Length ?? 0) + (Value?.Length ?? 0);

    internal static DateTimeOffset Time(Timestamp timestamp) =>
        timestamp.Type == TimestampType.NotAvailable ? DateTimeOffset.UnixEpoch : EpochTime.Clamp(timestamp.UnixTimestampMs);
}
