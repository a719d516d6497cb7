using HsStream.Domain.Messages;

namespace HsStream.Domain.Ledger;

/// <summary>The Kafka record that a fact came from.</summary>
/// <param name="Timestamp">As the record carries it; whoever produced it set that clock.</param>
public sealed record Origin(RecordPosition Position, DateTimeOffset Timestamp);
