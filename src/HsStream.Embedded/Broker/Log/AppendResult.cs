using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>What became of one append.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> when the batch is in the log, or was already (a duplicate).</param>
/// <param name="BaseOffset">Offset of the batch's first record; for a duplicate the original one; -1 on an error.</param>
/// <param name="EndOffset">One past the batch's last offset: the batch is durable once the high watermark reaches it.</param>
/// <param name="LogAppendTime">Milliseconds since 1970 when the topic stamps on append, else -1.</param>
/// <param name="LogStartOffset">The partition's first offset at that moment; -1 when the batch was refused before the log was asked.</param>
/// <param name="Message">For the error, in words; null otherwise.</param>
/// <param name="RecordErrors">For <see cref="ErrorCode.InvalidRecord"/>: index in the batch and reason; null otherwise.</param>
internal readonly record struct AppendResult(
    ErrorCode Error,
    long BaseOffset,
    long EndOffset,
    long LogAppendTime,
    long LogStartOffset,
    string? Message = null,
    IReadOnlyList<(int Index, string Message)>? RecordErrors = null)
{
    public static AppendResult Refused(
        ErrorCode error, string message, IReadOnlyList<(int Index, string Message)>? recordErrors = null) =>
        new(error, -1, -1, -1, -1, message, recordErrors);
}

/// <summary>Tells whether a producer may append transactional records to a partition now.</summary>
/// <remarks>Called under the partition's append lock, on any thread; must not block.</remarks>
internal interface ITransactionGate
{
    /// <returns>
    /// <see cref="ErrorCode.None"/> when the partition belongs to the producer's ongoing transaction;
    /// <see cref="ErrorCode.InvalidProducerIdMapping"/> when no transactional id has this producer;
    /// <see cref="ErrorCode.InvalidProducerEpoch"/> for a fenced epoch; <see cref="ErrorCode.TransactionAbortable"/> otherwise.
    /// </returns>
    ErrorCode Check(long producerId, short producerEpoch, TopicPartition partition);
}
