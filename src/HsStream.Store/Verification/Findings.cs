namespace HsStream.Store.Verification;

/// <summary>Keeps the first findings and counts all.</summary>
internal sealed class Findings(int max)
{
    private readonly List<Finding> _kept = [];

    public IReadOnlyList<Finding> Kept => _kept;

    public long Count { get; private set; }

    public void Add(FindingKind kind, long? seal, long? sequence, string? streamId, string detail)
    {
        Count++;
        if (_kept.Count < max) { _kept.Add(new Finding(kind, seal, sequence, streamId, detail)); }
    }
}
