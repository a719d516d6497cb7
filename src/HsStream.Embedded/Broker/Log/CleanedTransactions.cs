namespace HsStream.Embedded.Broker.Log;

/// <summary>Follows the transactions while compaction walks a partition from its start, to tell aborted data and markers without data.</summary>
/// <param name="aborted">The aborted transactions of the whole partition.</param>
internal sealed class CleanedTransactions(IEnumerable<AbortedEntry> aborted)
{
    private readonly Queue<AbortedEntry> _upcoming = new(aborted.OrderBy(entry => entry.FirstOffset));
    private readonly Dictionary<long, (AbortedEntry Entry, bool HasData)> _aborted = [];
    private readonly HashSet<long> _committed = [];

    /// <summary>Takes a data batch in.</summary>
    /// <returns>True when it belongs to an aborted transaction.</returns>
    public bool OnData(in BatchHeader header)
    {
        Begin(header.LastOffset);
        if (!header.IsTransactional) { return false; }

        if (_aborted.TryGetValue(header.ProducerId, out var transaction))
        {
            _aborted[header.ProducerId] = transaction with { HasData = true };
            return true;
        }

        _committed.Add(header.ProducerId);
        return false;
    }

    /// <summary>Takes a marker in.</summary>
    /// <param name="commit">Null for an empty control batch, whose marker is gone already, and for control records of other kinds.</param>
    /// <returns>
    /// Whether the marker may go because no batch of its transaction is left; and, for an abort marker that stays, the entry for the
    /// segment's index of aborted transactions.
    /// </returns>
    public (bool CanGo, AbortedEntry? Aborted) OnMarker(in BatchHeader header, bool? commit)
    {
        Begin(header.LastOffset);
        switch (commit)
        {
            case true:
                return (!_committed.Remove(header.ProducerId), null);
            case false when _aborted.Remove(header.ProducerId, out var transaction) && transaction.HasData:
                return (false, transaction.Entry);
            case false:
                return (true, null);
            default:
                return (header.RecordCount == 0, null);
        }
    }

    private void Begin(long upTo)
    {
        while (_upcoming.TryPeek(out var entry) && entry.FirstOffset <= upTo)
        {
            _aborted.TryAdd(entry.ProducerId, (entry, false));
            _upcoming.Dequeue();
        }
    }
}
