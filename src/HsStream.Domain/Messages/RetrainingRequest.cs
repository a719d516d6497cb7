namespace HsStream.Domain.Messages;

/// <summary>Asks the trainer for a new candidate; see <c>schemas/RetrainingRequest.avsc</c>.</summary>
public sealed record RetrainingRequest
{
    public required string RequestId { get; init; }

    public required string Subject { get; init; }

    public required RetrainingTrigger Trigger { get; init; }

    public IReadOnlyList<string> SignalIds { get; init; } = [];

    /// <summary>Train on the ledger up to this event; the newest when null.</summary>
    public long? EventHighWaterMark { get; init; }

    public required string RequestedBy { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }
}

public enum RetrainingTrigger
{
    Manual,
    Drift,
    Labels,
    Schedule,
    Edition,
}
