using System.Runtime.CompilerServices;

namespace HsStream.Embedded.Broker.Log;

/// <summary>One batch of a producer, as far as it is needed to recognise it when it is sent again.</summary>
internal readonly record struct ProducerBatch(int FirstSequence, int LastSequence, long BaseOffset, long LastOffset, long TimestampMs);

/// <summary>What a partition knows of one producer. Guarded by the partition's append lock.</summary>
internal sealed class ProducerState(long producerId)
{
    private const int Window = 5;

    private Batches _batches;
    private int _count;

    public long ProducerId { get; } = producerId;

    public short Epoch { get; private set; } = -1;

    /// <summary>First offset of the transaction that is open here, or -1.</summary>
    public long TransactionFirstOffset { get; set; } = -1;

    /// <summary>By the broker's clock, so that producers with odd timestamps are remembered as long as others.</summary>
    public long LastUsedMs { get; set; }

    /// <summary>Sequence of the last record; -1 when the current epoch has none.</summary>
    public int LastSequence => _count == 0 ? -1 : _batches[_count - 1].LastSequence;

    /// <summary>The last batches of the current epoch, oldest first; at most 5, which is as many as a client has in flight.</summary>
    public ReadOnlySpan<ProducerBatch> Recent => ((ReadOnlySpan<ProducerBatch>)_batches)[.._count];

    public ProducerBatch? FindDuplicate(in BatchHeader header)
    {
        if (header.ProducerEpoch != Epoch) { return null; }

        foreach (var batch in Recent)
        {
            if (batch.FirstSequence == header.BaseSequence && batch.LastSequence == header.LastSequence) { return batch; }
        }

        return null;
    }

    /// <summary>Whether a batch continues the sequence (KIP-98): a new epoch begins at 0, and int.MaxValue is followed by 0.</summary>
    public bool Accepts(short epoch, int firstSequence) => epoch == Epoch
        ? firstSequence == LastSequence + 1L || (firstSequence == 0 && LastSequence == int.MaxValue)
        : firstSequence == 0;

    public void Raise(short epoch)
    {
        if (epoch != Epoch)
        {
            Epoch = epoch;
            _count = 0;
        }
    }

    public void Add(in ProducerBatch batch)
    {
        if (_count == Window)
        {
            Span<ProducerBatch> all = _batches;
            all[1..].CopyTo(all);
            _count--;
        }

        _batches[_count++] = batch;
    }

    [InlineArray(Window)]
    private struct Batches
    {
        private ProducerBatch _first;
    }
}
