using System.Collections.Immutable;

namespace HsStream.Domain.Classification;

/// <summary>What has been recorded of one description id, as far as later decisions depend on it.</summary>
/// <remarks>Results are kept as digests, see <see cref="ContentDigest"/>: the state of a busy ledger stays small.</remarks>
public sealed record ClassificationState
{
    private ClassificationState() { }

    public static ClassificationState Initial { get; } = new();

    /// <summary>Events so far.</summary>
    public long Version { get; init; }

    /// <summary>Input hashes of all texts ever described under this id.</summary>
    public ImmutableHashSet<string> Texts { get; init; } = [];

    /// <summary>Numbers of the events that still hold a text.</summary>
    public ImmutableArray<long> WithText { get; init; } = [];

    /// <summary>By prediction id.</summary>
    public ImmutableDictionary<string, UInt128> Predictions { get; init; } = ImmutableDictionary<string, UInt128>.Empty;

    public ImmutableDictionary<string, UInt128> ShadowPredictions { get; init; } = ImmutableDictionary<string, UInt128>.Empty;

    /// <summary>By correction id.</summary>
    public ImmutableDictionary<string, UInt128> Corrections { get; init; } = ImmutableDictionary<string, UInt128>.Empty;

    /// <summary>Contradictions that are recorded already: kind, id, digest.</summary>
    public ImmutableHashSet<(char Kind, string Id, UInt128 Digest)> Conflicts { get; init; } = [];
}
