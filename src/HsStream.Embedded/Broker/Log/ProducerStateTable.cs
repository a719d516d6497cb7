using System.Buffers.Binary;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Sequences, epochs and open transactions of one partition's producers. Guarded by the partition's append lock.</summary>
internal sealed class ProducerStateTable
{
    private readonly Dictionary<long, ProducerState> _producers = [];

    public OpenTransactions Transactions { get; } = new();

    public int Count => _producers.Count;

    public IEnumerable<ProducerState> All => _producers.Values;

    public ProducerState? Find(long producerId) => _producers.GetValueOrDefault(producerId);

    /// <summary>Whether a batch may be appended, in Kafka's order of checks, after duplicates and the transaction gate.</summary>
    /// <param name="checkSequence">Only clients' batches bear sequences; those of the coordinators do not.</param>
    /// <returns>The error and its text, or <see cref="ErrorCode.None"/>.</returns>
    public (ErrorCode Error, string? Message) Check(in BatchHeader header, bool checkSequence)
    {
        if (!_producers.TryGetValue(header.ProducerId, out var state)) { return (ErrorCode.None, null); }

        if (header.ProducerEpoch < state.Epoch)
        {
            return (ErrorCode.InvalidProducerEpoch,
                $"Epoch of producer {header.ProducerId} is {header.ProducerEpoch}, which is smaller than the last seen epoch {state.Epoch}.");
        }

        if (checkSequence && !state.Accepts(header.ProducerEpoch, header.BaseSequence))
        {
            return (ErrorCode.OutOfOrderSequenceNumber,
                $"Producer {header.ProducerId} sent sequence {header.BaseSequence} of epoch {header.ProducerEpoch}; "
                + $"the last is {state.LastSequence} of epoch {state.Epoch}.");
        }

        return state.TransactionFirstOffset >= 0 && !header.IsTransactional
            ? (ErrorCode.InvalidTxnState, $"Producer {header.ProducerId} has an open transaction and sent a batch outside of it.")
            : (ErrorCode.None, null);
    }

    /// <summary>Takes a data batch in; its header bears the offsets it has in the log.</summary>
    public void Append(in BatchHeader header, long nowMs)
    {
        var state = GetOrAdd(header.ProducerId);
        state.Raise(header.ProducerEpoch);
        state.Add(new ProducerBatch(header.BaseSequence, header.LastSequence, header.BaseOffset, header.LastOffset, header.MaxTimestampMs));
        state.LastUsedMs = nowMs;
        if (header.IsTransactional && state.TransactionFirstOffset < 0)
        {
            state.TransactionFirstOffset = header.BaseOffset;
            Transactions.Begin(header.ProducerId, header.BaseOffset);
        }
    }

    /// <summary>Takes a marker in.</summary>
    /// <returns>The transaction it aborted, or null when it committed or there was none open.</returns>
    public AbortedEntry? AppendMarker(long producerId, short epoch, long offset, bool commit, long nowMs)
    {
        var state = GetOrAdd(producerId);
        state.Raise(epoch);
        state.LastUsedMs = nowMs;
        if (state.TransactionFirstOffset < 0) { return null; }

        var first = state.TransactionFirstOffset;
        state.TransactionFirstOffset = -1;
        var lastStable = Transactions.End(producerId, offset);
        return commit ? null : new AbortedEntry(producerId, first, offset, lastStable);
    }

    /// <summary>Takes a batch read back from the log in.</summary>
    /// <param name="batch">The whole batch; looked at only for a marker.</param>
    public AbortedEntry? Replay(in BatchHeader header, Func<ReadOnlyMemory<byte>> batch, long nowMs)
    {
        if (!header.HasProducer) { return null; }

        if (!header.IsControl)
        {
            Append(header, nowMs);
            return null;
        }

        // Compaction leaves an empty control batch when the whole transaction is gone.
        return header.RecordCount > 0 && ReadMarker(batch()) is { } commit
            ? AppendMarker(header.ProducerId, header.ProducerEpoch, header.BaseOffset, commit, nowMs)
            : null;
    }

    public void RemoveUnused(long beforeMs)
    {
        foreach (var (id, state) in _producers)
        {
            if (state.LastUsedMs < beforeMs && state.TransactionFirstOffset < 0) { _producers.Remove(id); }
        }
    }

    public void Restore(ProducerState state) => _producers[state.ProducerId] = state;

    /// <returns>True for a commit, false for an abort, null for another control record.</returns>
    private static bool? ReadMarker(ReadOnlyMemory<byte> batch)
    {
        var cursor = RecordReader.Open(batch);
        if (!cursor.MoveNext() || cursor.Key is not { Length: >= 4 } key) { return null; }

        return BinaryPrimitives.ReadInt16BigEndian(key.Span[2..]) switch
        {
            0 => false,
            1 => true,
            _ => null,
        };
    }

    private ProducerState GetOrAdd(long producerId)
    {
        if (!_producers.TryGetValue(producerId, out var state))
        {
            _producers[producerId] = state = new ProducerState(producerId);
        }

        return state;
    }
}
