namespace HsStream.Embedded.Broker.Log;

/// <summary>One decoded record.</summary>
/// <param name="Key">Null when the record has no key.</param>
/// <param name="Value">Null for a tombstone.</param>
internal readonly record struct LogRecord(
    long Offset,
    long TimestampMs,
    ReadOnlyMemory<byte>? Key,
    ReadOnlyMemory<byte>? Value,
    IReadOnlyList<(string Key, ReadOnlyMemory<byte>? Value)>? Headers = null);

/// <summary>Builds version 2 record batches for the broker's own records and for tests; base offset 0, CRC set.</summary>
internal static class RecordBatchBuilder
{
    /// <param name="producerId">-1 for none; with a producer, <paramref name="baseSequence"/> counts from 0.</param>
    public static byte[] Build(
        IReadOnlyList<(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)> records,
        long timestampMs,
        long producerId = -1,
        short producerEpoch = -1,
        int baseSequence = -1,
        bool transactional = false) => throw new NotImplementedException();
}
