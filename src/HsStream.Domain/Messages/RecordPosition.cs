namespace HsStream.Domain.Messages;

/// <summary>Where a record stands in Kafka.</summary>
public readonly record struct RecordPosition(string Topic, int Partition, long Offset)
{
    public override string ToString() => $"{Topic}[{Partition}]@{Offset}";
}
