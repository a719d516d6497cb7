using HsStream.Store.Chain;

namespace HsStream.Store.Verification;

public sealed record VerifyOptions
{
    /// <summary>First seal to check; those before it are taken on trust. To resume, <see cref="VerifyProgress.Seal"/> plus one.</summary>
    public long FromSeal { get; init; } = 1;

    /// <summary>A head noted down earlier: whoever may rewrite the whole database can rewrite the whole chain, but not this.</summary>
    public NotedHead? Head { get; init; }

    /// <summary>Findings after this many are counted but not described.</summary>
    public int MaxFindings { get; init; } = 100;
}

/// <param name="Seal">Everything up to this seal is checked.</param>
/// <param name="LastSeal">The head; 0 while it is not known.</param>
/// <param name="Events">Checked so far.</param>
public readonly record struct VerifyProgress(long Seal, long LastSeal, long Events);

/// <param name="Erased">Events whose text was erased, with a recorded erasure.</param>
/// <param name="ErasedElsewhere">Events without text whose erasure is not part of this export.</param>
/// <param name="Head">Number and hash of the last seal: what to note down. Null for an empty ledger.</param>
/// <param name="Findings">In the order of the ledger; the first is the first difference.</param>
/// <param name="FindingCount">All of them, also those beyond <see cref="VerifyOptions.MaxFindings"/>.</param>
public sealed record VerifyReport(
    long Seals, long Events, long Erased, long ErasedElsewhere, string? Head, IReadOnlyList<Finding> Findings, long FindingCount)
{
    public bool IsValid => FindingCount == 0;
}

/// <param name="Detail">What was expected and what is there; never a text.</param>
public sealed record Finding(FindingKind Kind, long? Seal, long? Sequence, string? StreamId, string Detail);

public enum FindingKind
{
    EventAltered,
    EventMissing,
    EventInserted,

    /// <summary>The erasable part is there but not the one that was recorded.</summary>
    TextAltered,

    /// <summary>The erasable part is gone and no event of erasure says why.</summary>
    TextMissing,

    /// <summary>The erasable part is there although an event says that it was erased.</summary>
    TextRestored,
    SealAltered,
    SealMissing,

    /// <summary>The kept leaves are not those of the seal; the events are.</summary>
    LeavesAltered,

    /// <summary>The chain does not end where its head row, the export or the noted head says.</summary>
    HeadDiffers,

    /// <summary>A stream's row does not fit its events.</summary>
    StreamDiffers,

    /// <summary>The stored offsets are not those that the seals lead to.</summary>
    OffsetsDiffer,

    /// <summary>The export is not one, or was cut.</summary>
    ExportDamaged,
}
