using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

internal enum IsolationLevel : sbyte
{
    ReadUncommitted = 0,
    ReadCommitted = 1,
}

/// <summary>One aborted transaction that a read_committed consumer must skip in the bytes it was given.</summary>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset);

/// <summary>Batches of one partition from an offset on, with the offsets that belong to the same moment.</summary>
/// <param name="Aborted">Null for read_uncommitted; by first offset.</param>
internal sealed record FetchData(
    ErrorCode Error,
    RecordSet Records,
    long HighWatermark,
    long LastStableOffset,
    long LogStartOffset,
    IReadOnlyList<AbortedTransaction>? Aborted);

/// <summary>Told when a partition may have more to read; called outside the partition's lock, on any thread, and returns at once.</summary>
internal interface ILogObserver
{
    /// <summary>The high watermark or the last stable offset moved, the log start moved, or the partition went away.</summary>
    void Changed();
}
