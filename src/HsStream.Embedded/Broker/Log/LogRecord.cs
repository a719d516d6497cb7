namespace HsStream.Embedded.Broker.Log;

/// <summary>One decoded record.</summary>
/// <param name="Key">Null when the record has no key.</param>
/// <param name="Value">Null for a tombstone.</param>
/// <param name="Headers">Null when there are none.</param>
internal readonly record struct LogRecord(
    long Offset,
    long TimestampMs,
    ReadOnlyMemory<byte>? Key,
    ReadOnlyMemory<byte>? Value,
    IReadOnlyList<(string Key, ReadOnlyMemory<byte>? Value)>? Headers = null);
