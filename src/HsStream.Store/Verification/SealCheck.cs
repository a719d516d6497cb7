using HsStream.Store.Chain;

namespace HsStream.Store.Verification;

/// <summary>Checks the events of one seal, as they come in sequence order.</summary>
internal sealed class SealCheck(Seal seal, byte[] leaves, EventCheck events, Findings findings)
{
    private readonly byte[] _found = new byte[seal.Count < 0 ? 0 : seal.Count * Leaf.Bytes];
    private readonly bool _hasLeaves = leaves.Length == seal.Count * Leaf.Bytes && MerkleTree.Root(leaves).AsSpan().SequenceEqual(seal.Root);
    private readonly List<(long Sequence, string? StreamId)> _altered = [];
    private long _next = seal.FirstSequence;

    public Seal Seal => seal;

    public void Event(VerifiedEvent stored, string? outside)
    {
        if (stored.Sequence < _next)
        {
            findings.Add(FindingKind.EventInserted, seal.Number, stored.Sequence, stored.StreamId, $"Event {stored.Sequence} is there twice.");
            return;
        }

        Skip(stored.Sequence);
        _next = stored.Sequence + 1;
        var at = (int)(stored.Sequence - seal.FirstSequence) * Leaf.Bytes;
        var leaf = _found.AsSpan(at, Leaf.Bytes);
        events.Read(stored, seal.Number, leaf);
        var isAsSealed = _hasLeaves && leaf.SequenceEqual(leaves.AsSpan(at, Leaf.Bytes));
        if (_hasLeaves && !isAsSealed) { _altered.Add((stored.Sequence, stored.StreamId)); }
        else if (Leaf.EventId(leaf) != stored.Id)
        {
            findings.Add(FindingKind.EventAltered, seal.Number, stored.Sequence, stored.StreamId, $"The id of event {stored.Sequence} does not follow from its content.");
        }
        else if (outside is not null)
        {
            findings.Add(FindingKind.EventAltered, seal.Number, stored.Sequence, stored.StreamId, $"Event {stored.Sequence} has {outside}.");
        }
    }

    public void End()
    {
        Skip(seal.LastSequence + 1);
        foreach (var (sequence, streamId) in _altered)
        {
            findings.Add(FindingKind.EventAltered, seal.Number, sequence, streamId, $"Event {sequence} is not the one that was sealed.");
        }

        if (_hasLeaves) { return; }
        if (MerkleTree.Root(_found).AsSpan().SequenceEqual(seal.Root))
        {
            findings.Add(FindingKind.LeavesAltered, seal.Number, null, null, $"The leaves kept with seal {seal.Number} are not its own; its events are.");
            return;
        }

        // Root and leaves disagree and the events do not settle it: name the events that are not in the leaves either.
        findings.Add(FindingKind.SealAltered, seal.Number, null, null, $"The root of seal {seal.Number} is neither that of its leaves nor that of its events.");
        for (var i = 0; i < Math.Min(seal.Count, leaves.Length / Leaf.Bytes); i++)
        {
            if (!_found.AsSpan(i * Leaf.Bytes, Leaf.Bytes).SequenceEqual(leaves.AsSpan(i * Leaf.Bytes, Leaf.Bytes)))
            {
                findings.Add(FindingKind.EventAltered, seal.Number, seal.FirstSequence + i, null, $"Event {seal.FirstSequence + i} and its leaf differ.");
            }
        }
    }

    private void Skip(long until)
    {
        for (; _next < until; _next++)
        {
            findings.Add(FindingKind.EventMissing, seal.Number, _next, null, $"Event {_next} is missing.");
        }
    }
}
