namespace HsStream.Domain.Messages;

/// <summary>Something that a detector noticed; see <c>schemas/MonitorSignal.avsc</c>.</summary>
public sealed record MonitorSignal
{
    public required string SignalId { get; init; }

    public required string Subject { get; init; }

    public required string Detector { get; init; }

    public required SignalSeverity Severity { get; init; }

    public required double Statistic { get; init; }

    public required double Threshold { get; init; }

    public required long WindowRecords { get; init; }

    public string? ModelVersion { get; init; }

    public string Detail { get; init; } = "";

    public required DateTimeOffset RaisedAt { get; init; }
}

public enum SignalSeverity
{
    Info,
    Warning,
    Alarm,
}
