using System.Collections.Immutable;

namespace HsStream.Domain.Ledger.Records;

/// <param name="Version">Events so far.</param>
/// <param name="DeadLetters">Offsets in the dead-letter topic, as told.</param>
/// <param name="WithContent">Numbers of the events that still hold content.</param>
public sealed record RecordState(
    long Version, ImmutableHashSet<string> DeadLetters, bool IsUnreadable, ImmutableHashSet<string> Refusals,
    ImmutableHashSet<DateTimeOffset> Replays, ImmutableArray<long> WithContent)
{
    public static RecordState Initial { get; } = new(0, [], false, [], [], []);
}
