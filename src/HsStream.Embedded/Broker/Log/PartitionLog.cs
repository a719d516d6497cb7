using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>The log of one partition: appends in order, durable by group commit, read in whole batches.</summary>
/// <remarks>
/// Thread-safe. High watermark = durable end: flushed to the disk, or the end of the log when durability is left to the page cache.
/// Last stable offset = the lower of the high watermark and the first offset of any transaction that is open, or whose marker is not
/// yet below the high watermark.
/// </remarks>
internal sealed class PartitionLog
{
    public TopicPartition Partition => throw new NotImplementedException();

    public Guid TopicId => throw new NotImplementedException();

    /// <summary>The topic's settings; replaced as a whole when an administrator changes them.</summary>
    public TopicConfig Config { get => throw new NotImplementedException(); set => throw new NotImplementedException(); }

    public long LogStartOffset => throw new NotImplementedException();

    /// <summary>One past the last appended offset, durable or not.</summary>
    public long LogEndOffset => throw new NotImplementedException();

    public long HighWatermark => throw new NotImplementedException();

    public long LastStableOffset => throw new NotImplementedException();

    /// <summary>Bytes of all segments.</summary>
    public long SizeInBytes => throw new NotImplementedException();

    /// <summary>Why the partition cannot be used (damage below the recovery point, a failed flush), or null.</summary>
    public string? OfflineReason => throw new NotImplementedException();

    /// <summary>Validates a client's single batch as BROKER.md sections 4 and 5 say, gives it offsets, writes it.</summary>
    /// <param name="batch">The bytes as received; base offset and leader epoch are patched in place.</param>
    /// <param name="produceVersion">zstd is refused below 7.</param>
    /// <param name="gate">Asked for transactional batches, under the append lock; null skips the check.</param>
    public AppendResult Append(Memory<byte> batch, short produceVersion, ITransactionGate? gate) =>
        throw new NotImplementedException();

    /// <summary>Appends a batch made by the broker itself (offset commits, group metadata, transaction state); no client checks.</summary>
    public AppendResult AppendInternal(Memory<byte> batch) => throw new NotImplementedException();

    /// <summary>Ends a producer's transaction in this partition; raises the producer's epoch and so fences older ones.</summary>
    public AppendResult AppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch) =>
        throw new NotImplementedException();

    /// <summary>Completes once everything below <paramref name="endOffset"/> is durable.</summary>
    /// <returns>
    /// <see cref="ErrorCode.None"/>, or <see cref="ErrorCode.KafkaStorageError"/> when a flush failed,
    /// or <see cref="ErrorCode.UnknownTopicOrPartition"/> when the partition was deleted meanwhile.
    /// </returns>
    public ValueTask<ErrorCode> WaitDurableAsync(long endOffset) => throw new NotImplementedException();

    /// <summary>Reads whole batches from the one that contains <paramref name="offset"/>.</summary>
    /// <param name="maxBytes">Upper bound for the bytes returned.</param>
    /// <param name="atLeastOne">Returns the first batch even when it alone exceeds <paramref name="maxBytes"/>.</param>
    public FetchData Read(long offset, int maxBytes, IsolationLevel isolation, bool atLeastOne) =>
        throw new NotImplementedException();

    /// <summary>Bytes a fetch from <paramref name="offset"/> could return now, counted up to <paramref name="limit"/>; cheap.</summary>
    public int AvailableBytes(long offset, IsolationLevel isolation, int limit) => throw new NotImplementedException();

    /// <summary>First record with a timestamp of at least <paramref name="timestampMs"/> below the end that the isolation level shows.</summary>
    /// <returns>Offset and timestamp, or (-1, -1) when there is none.</returns>
    public (long Offset, long TimestampMs) FindByTimestamp(long timestampMs, IsolationLevel isolation) =>
        throw new NotImplementedException();

    /// <summary>Offset and timestamp of the record with the largest timestamp, or (-1, -1) in an empty log.</summary>
    public (long Offset, long TimestampMs) FindMaxTimestamp() => throw new NotImplementedException();

    /// <summary>Moves the log start; the change is durable before this returns.</summary>
    /// <param name="beforeOffset">The new log start, or -1 for the high watermark.</param>
    /// <returns>The log start after the call, or <see cref="ErrorCode.OffsetOutOfRange"/> beyond the high watermark.</returns>
    public (ErrorCode Error, long LogStartOffset) DeleteRecords(long beforeOffset) => throw new NotImplementedException();

    /// <summary>Producers with an open transaction in this partition.</summary>
    public IReadOnlyList<(long ProducerId, short ProducerEpoch, long FirstOffset)> OpenTransactions() =>
        throw new NotImplementedException();

    public void AddObserver(ILogObserver observer) => throw new NotImplementedException();

    public void RemoveObserver(ILogObserver observer) => throw new NotImplementedException();
}
