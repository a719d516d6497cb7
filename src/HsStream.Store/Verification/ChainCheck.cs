using HsStream.Store.Chain;

namespace HsStream.Store.Verification;

/// <summary>Follows the chain of seals, one after the other.</summary>
internal sealed class ChainCheck(Findings findings, NotedHead? noted)
{
    private readonly Dictionary<(string Topic, int Partition), long> _offsets = [];
    private Seal? _last;
    private bool _fromStart = true;
    private bool _notedSeen;

    public Seal? Last => _last;

    public long Seals { get; private set; }

    /// <summary>True when the chain was followed from its first seal, so that offsets can be added up.</summary>
    public bool IsFromStart => _fromStart;

    /// <summary>Next offset of each partition after the seals so far.</summary>
    public IReadOnlyDictionary<(string Topic, int Partition), long> Offsets => _offsets;

    /// <summary>Starts behind a seal that is taken on trust.</summary>
    public void StartAfter(Seal trusted)
    {
        _last = trusted;
        _fromStart = false;
        _notedSeen = noted is not null && trusted.Number >= noted.Number;
    }

    public void Next(Seal seal)
    {
        var expected = (_last?.Number ?? 0) + 1;
        if (seal.Number > expected)
        {
            findings.Add(FindingKind.SealMissing, expected, null, null, seal.Number == expected + 1 ? $"Seal {expected} is missing." : $"Seals {expected} to {seal.Number - 1} are missing.");
        }
        else if (seal.Number < expected)
        {
            findings.Add(FindingKind.SealAltered, seal.Number, null, null, $"Expected seal {expected}, got {seal.Number}.");
        }
        else
        {
            if (!seal.Previous.AsSpan().SequenceEqual(_last?.Hash ?? Seal.Genesis))
            {
                findings.Add(FindingKind.SealAltered, seal.Number, null, null, $"Seal {seal.Number} does not name the hash of the seal before it.");
            }

            if (seal.FirstSequence != (_last?.LastSequence ?? 0) + 1)
            {
                findings.Add(FindingKind.SealAltered, seal.Number, null, null,
                    $"Expected seal {seal.Number} to begin at event {(_last?.LastSequence ?? 0) + 1}, got {seal.FirstSequence}.");
            }
        }

        if (!seal.ComputeHash().AsSpan().SequenceEqual(seal.Hash))
        {
            findings.Add(FindingKind.SealAltered, seal.Number, null, null, $"The hash of seal {seal.Number} is not that of its fields.");
        }

        Note(seal);
        Advance(seal);
        _last = seal;
        Seals++;
    }

    /// <summary>After the last seal.</summary>
    public void End()
    {
        if (noted is null || _notedSeen) { return; }
        findings.Add(FindingKind.HeadDiffers, noted.Number, null, null, $"The noted head is seal {noted.Number}, but the chain ends at {_last?.Number ?? 0}.");
    }

    private void Note(Seal seal)
    {
        if (noted is null || seal.Number != noted.Number) { return; }
        _notedSeen = true;
        if (!seal.Hash.AsSpan().SequenceEqual(noted.Hash))
        {
            findings.Add(FindingKind.HeadDiffers, seal.Number, null, null, $"Seal {seal.Number} is not the one whose hash was noted.");
        }
    }

    private void Advance(Seal seal)
    {
        try
        {
            foreach (var step in OffsetAdvance.Parse(seal.Advances))
            {
                var key = (step.Topic, step.Partition);
                if (_offsets.TryGetValue(key, out var next) ? next != step.Expected : _fromStart && step.Expected != 0)
                {
                    findings.Add(FindingKind.OffsetsDiffer, seal.Number, null, null, $"Seal {seal.Number} moves {step.Topic}[{step.Partition}] from {step.Expected}, which was at {next}.");
                }

                _offsets[key] = step.Next;
            }
        }
        catch (FormatException e)
        {
            findings.Add(FindingKind.SealAltered, seal.Number, null, null, e.Message);
        }
    }
}
