namespace HsStream.Benchmarks.Broker;

/// <summary>A broker under measurement.</summary>
/// <param name="ProcessId">Null when its process cannot be looked into.</param>
internal sealed record Target(string Name, string Bootstrap, int? ProcessId, bool IsDurable)
{
    public long? ResidentBytes => ProcessId is { } id ? ProcessFacts.ResidentBytes(id) : null;

    public TimeSpan? ProcessorTime => ProcessId is { } id ? ProcessFacts.ProcessorTime(id) : null;
}
