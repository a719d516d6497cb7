namespace HsStream.Chaos.Pipeline.Faults;

internal sealed record FaultRunOptions
{
    public int Rounds { get; init; } = 100;

    public int Records { get; init; } = 1_000_000;

    /// <summary>Decides records, faults and moments; the timing of processes stays chance.</summary>
    public int Seed { get; init; } = 1;

    public IReadOnlyList<Fault> Faults { get; init; } = Fault.All;

    public double PoisonShare { get; init; } = 0.01;

    /// <summary>Longest wait for new predictions after a fault, and for the rest at the end while nothing moves.</summary>
    public TimeSpan RecoveryLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Run by the shell in each round, against a cluster that is not ours to kill; null for none.</summary>
    public string? KillCommand { get; init; }
}
