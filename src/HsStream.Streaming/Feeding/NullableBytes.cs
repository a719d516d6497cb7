using Confluent.Kafka;

namespace HsStream.Streaming.Feeding;

/// <summary>Bytes as they are; null stays apart from empty.</summary>
internal sealed class NullableBytes : IDeserializer<byte[]?>
{
    public static readonly NullableBytes Instance = new();

    public byte[]? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : data.ToArray();
}
