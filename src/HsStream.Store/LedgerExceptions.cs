using HsStream.Store.Chain;

namespace HsStream.Store;

/// <summary>Another writer has moved these partitions on (or back): nothing of the batch was recorded. Seek to the stored offsets and read again.</summary>
/// <param name="stored">Next offset by topic and partition; 0 when none is stored.</param>
public sealed class OffsetConflictException(IReadOnlyList<OffsetAdvance> wanted, IReadOnlyDictionary<(string Topic, int Partition), long> stored)
    : Exception("Expected the stored offsets " + string.Join(", ", wanted.Select(w => $"{w.Topic}[{w.Partition}]@{w.Expected}"))
        + "; the ledger has " + string.Join(", ", wanted.Select(w => stored.GetValueOrDefault((w.Topic, w.Partition)))) + ".")
{
    public IReadOnlyDictionary<(string Topic, int Partition), long> Stored { get; } = stored;
}

/// <summary>An operator's command that the rules do not allow; nothing was recorded.</summary>
public sealed class CommandRejectedException(string reason) : Exception(reason);

/// <summary>The database is not laid out as this version writes it; nothing was touched.</summary>
public sealed class LedgerLayoutException(string message) : Exception(message);

/// <summary>Somebody but the ledger has written into its tables; appending would hide that.</summary>
public sealed class LedgerTamperedException(string message) : Exception(message);
