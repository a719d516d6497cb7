namespace HsStream.Service.Health;

/// <summary>Something that a process needs and does not have in its hands.</summary>
/// <param name="Name">Such as <c>kafka</c>.</param>
/// <param name="IsRequired">Whether the process is not ready without it; otherwise it is only degraded.</param>
/// <param name="ProbeAsync">Null when all is well, else the reason.</param>
internal sealed record Dependency(string Name, bool IsRequired, Func<CancellationToken, Task<string?>> ProbeAsync);

/// <param name="State"><c>up</c>, <c>down</c> or <c>unknown</c>.</param>
/// <param name="Reason">Why it is not up.</param>
internal sealed record DependencyState(string Name, bool IsRequired, string State, string? Reason)
{
    public const string Up = "up";
    public const string Down = "down";
    public const string Unknown = "unknown";
}
