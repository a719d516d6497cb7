using Confluent.Kafka;

namespace HsStream.Streaming.Processing;

/// <summary>A record to be produced.</summary>
/// <param name="Key">Decides the partition, by Kafka's murmur2 as in Java's client.</param>
/// <param name="Value">Null deletes the key of a compacted topic.</param>
public sealed record OutputRecord(string Topic, byte[]? Key, byte[]? Value, Headers Headers)
{
    /// <summary>Key, value and headers, as the size limits of Kafka count them, nearly.</summary>
    internal int Bytes => (Key?.Length ?? 0) + (Value?.Length ?? 0) + Headers.Sum(header => header.Key.Length + (header.GetValueBytes()?.Length ?? 0) + 4) + 32;
}
