using HsStream.Domain.Ledger;
using HsStream.Store.Chain;

namespace HsStream.Store.Writing;

/// <summary>Records of Kafka and the offsets that they move: recorded together or not at all.</summary>
/// <param name="Facts">In the order in which they are to be recorded; within a partition, offset order.</param>
/// <param name="Advances">One a partition; every fact's offset lies in its partition's step.</param>
public sealed record LedgerBatch(IReadOnlyList<RecordedFact> Facts, IReadOnlyList<OffsetAdvance> Advances);

/// <param name="Outcomes">One a fact, in order.</param>
/// <param name="Events">How many were appended.</param>
/// <param name="LastSequence">Of the ledger after this batch.</param>
/// <param name="Seal">The batch's seal: the head of the chain after it.</param>
public sealed record LedgerReceipt(IReadOnlyList<FactOutcome> Outcomes, int Events, long LastSequence, Seal Seal);

/// <summary>What became of one fact.</summary>
public abstract record FactOutcome
{
    private FactOutcome() { }

    /// <param name="Sequence">Of its first event.</param>
    /// <param name="IsConflict">Recorded as a contradiction to what stood there.</param>
    public sealed record Recorded(long Sequence, bool IsConflict) : FactOutcome;

    /// <summary>It says what is recorded already.</summary>
    public sealed record Repeated : FactOutcome;

    /// <summary>The rules refuse it; the ledger notes that with position and reason, and the caller dead-letters the record.</summary>
    public sealed record Rejected(string Reason) : FactOutcome;
}
