namespace HsStream.Domain.Messages;

/// <summary>Which descriptions a candidate serves instead of the champion; see <c>schemas/Experiment.avsc</c>.</summary>
public sealed record Experiment
{
    public required string ExperimentId { get; init; }

    public required ExperimentKind Kind { get; init; }

    public required bool IsRunning { get; init; }

    public required string Champion { get; init; }

    public required string Candidate { get; init; }

    /// <summary>0 to 1; 0 in <see cref="ExperimentKind.Shadow"/>.</summary>
    public required double CandidateShare { get; init; }

    public required string Salt { get; init; }

    public required long Revision { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public required string ChangedBy { get; init; }

    public required string Reason { get; init; }
}

public enum ExperimentKind
{
    Shadow,
    Canary,
    Split,
}
