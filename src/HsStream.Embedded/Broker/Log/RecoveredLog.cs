namespace HsStream.Embedded.Broker.Log;

/// <summary>A partition's log as it was found and, where needed, repaired; all of it is durable.</summary>
/// <param name="Segments">Oldest first, the last one to be appended to; empty when offline.</param>
/// <param name="EndOffset">One past the last offset.</param>
/// <param name="RecoveryPoint">What the checkpoint on the disk says.</param>
/// <param name="OfflineReason">Damage that must not be repaired by cutting, or null.</param>
internal sealed record RecoveredLog(
    Segment[] Segments,
    ProducerStateTable Producers,
    long LogStartOffset,
    long EndOffset,
    long RecoveryPoint,
    long CheckpointSequence,
    string? OfflineReason)
{
    public static RecoveredLog Offline(string reason) => new([], new ProducerStateTable(), 0, 0, 0, 0, reason);
}
