using System.Text.Json;
using HsStream.Store.Chain;
using HsStream.Store.Events;

namespace HsStream.Store.Verification;

/// <summary>Checks single events against their leaves and watches what was erased.</summary>
internal sealed class EventCheck(Findings findings)
{
    private readonly Dictionary<(string StreamId, long Version), long> _withoutText = [];

    public long Events { get; private set; }

    public long Erased { get; private set; }

    /// <summary>Erasures told by the events seen since the last call; their texts must be gone.</summary>
    public List<(string StreamId, long[] Versions, long Sequence)> Erasures { get; } = [];

    /// <summary>Events whose text is gone without an erasure so far.</summary>
    public IReadOnlyDictionary<(string StreamId, long Version), long> WithoutText => _withoutText;

    /// <summary>Computes an event's leaf and looks at its erasable part.</summary>
    /// <param name="leaf">Output, 32 bytes.</param>
    public void Read(VerifiedEvent stored, long seal, Span<byte> leaf)
    {
        Events++;
        leaf.Clear();
        try
        {
            var data = Leaf.Read(stored.Json);
            Leaf.Hash(stored.Sequence, stored.StreamId, stored.Version, stored.Type, stored.Timestamp, data.DataHash, leaf);
            switch (data.Private)
            {
                case PrivatePart.Wrong:
                    findings.Add(FindingKind.TextAltered, seal, stored.Sequence, stored.StreamId, $"The text of event {stored.Sequence} is not the one that was recorded.");
                    break;
                case PrivatePart.Erased:
                    _withoutText[(stored.StreamId, stored.Version)] = stored.Sequence;
                    break;
                default:
                    break;
            }

            if (EventTypes.OfErasure.Contains(stored.Type)) { ReadErasure(stored); }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // The leaf stays zero, so the caller reports the event as altered.
        }
    }

    /// <summary>Reports what is left without text, once everything has been read.</summary>
    public void End()
    {
        foreach (var ((streamId, version), sequence) in _withoutText.OrderBy(w => w.Value))
        {
            findings.Add(FindingKind.TextMissing, null, sequence, streamId, $"Event {sequence} (version {version}) has no text, and no event of erasure says why.");
        }
    }

    private void ReadErasure(VerifiedEvent stored)
    {
        using var document = JsonDocument.Parse(stored.Json);
        if (!document.RootElement.TryGetProperty("versions", out var list) || list.ValueKind != JsonValueKind.Array) { return; }
        var versions = list.EnumerateArray().Select(v => v.GetInt64()).ToArray();
        foreach (var version in versions)
        {
            if (_withoutText.Remove((stored.StreamId, version))) { Erased++; }
        }

        Erasures.Add((stored.StreamId, versions, stored.Sequence));
    }
}

/// <summary>An event as stored, not decoded.</summary>
internal readonly record struct VerifiedEvent(long Sequence, Guid Id, string StreamId, long Version, string Type, DateTimeOffset Timestamp, byte[] Json);
