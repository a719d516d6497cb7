namespace HsStream.Store.Reading;

/// <summary>An event as it stands in the ledger.</summary>
/// <param name="Sequence">Its place in the whole ledger; no gaps.</param>
/// <param name="Version">Its place in its stream; 1 is the first.</param>
/// <param name="RecordedAt">When the ledger committed it, to the microsecond.</param>
/// <param name="Type">Its stored name.</param>
public sealed record StoredEvent(long Sequence, string StreamId, long Version, string Type, DateTimeOffset RecordedAt, object Data);
