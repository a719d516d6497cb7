using System.Diagnostics;
using Confluent.Kafka;
using HsStream.Streaming.Processing;

namespace HsStream.Streaming.Feeding;

/// <summary>Records between the thread that polls and the one that handles, bounded in records and bytes.</summary>
/// <remarks>
/// The epoch counts how often what was taken became worthless: work of an older epoch must not be committed. Taking and raising the
/// epoch happen under one lock, so no record of before is taken with the epoch of after.
/// </remarks>
internal sealed class RecordBuffer(int maxRecords, long maxBytes, Action onAdded) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<InputRecord> _queue = new();
    private readonly ManualResetEventSlim _room = new(initialState: true);
    private long _bytes;
    private long _epoch;
    private bool _isClosed;

    public int Count
    {
        get { lock (_gate) { return _queue.Count; } }
    }

    public long Epoch
    {
        get { lock (_gate) { return _epoch; } }
    }

    public bool IsFull
    {
        get { lock (_gate) { return Full(); } }
    }

    /// <summary>Half empty again, so that pausing and resuming do not alternate with every record.</summary>
    public bool HasRoomAgain
    {
        get { lock (_gate) { return _queue.Count <= maxRecords / 2 && _bytes <= maxBytes / 2; } }
    }

    /// <summary>When the oldest waiting record came, in timestamp ticks; null when none is waiting.</summary>
    public long? OldestAt
    {
        get { lock (_gate) { return _queue.TryPeek(out var first) ? first.ReceivedAt : null; } }
    }

    /// <summary>True from <see cref="Invalidate"/> until <see cref="Reopen"/>: what comes is from before the rewind, and is dropped.</summary>
    public bool IsClosed
    {
        get { lock (_gate) { return _isClosed; } }
    }

    public void Add(InputRecord record)
    {
        lock (_gate)
        {
            if (_isClosed) { return; }
            _queue.Enqueue(record);
            _bytes += record.Bytes;
            if (Full()) { _room.Reset(); }
        }

        onAdded();
    }

    /// <returns>At most so many records, oldest first, with the epoch that they belong to.</returns>
    public (List<InputRecord> Records, long Epoch) Take(int count)
    {
        lock (_gate)
        {
            var taken = new List<InputRecord>(Math.Min(count, _queue.Count));
            while (taken.Count < count && _queue.TryDequeue(out var record))
            {
                taken.Add(record);
                _bytes -= record.Bytes;
            }

            if (!Full()) { _room.Set(); }
            return (taken, _epoch);
        }
    }

    /// <summary>Drops what waits of partitions that are going; what was taken of them stays good.</summary>
    public void Drop(IReadOnlyCollection<TopicPartition> partitions)
    {
        lock (_gate)
        {
            var gone = partitions.Select(partition => (partition.Topic, partition.Partition.Value)).ToHashSet();
            var kept = _queue.Where(record => !gone.Contains((record.Topic, record.Position.Partition))).ToList();
            Refill(kept);
        }
    }

    /// <summary>Drops everything, makes worthless what was taken, and takes nothing more until <see cref="Reopen"/>.</summary>
    public void Invalidate()
    {
        lock (_gate)
        {
            _epoch++;
            _isClosed = true;
            Refill([]);
        }
    }

    /// <summary>By the only thread that adds, once nothing of before the rewind can come any more.</summary>
    public void Reopen()
    {
        lock (_gate) { _isClosed = false; }
    }

    public void Dispose() => _room.Dispose();

    public bool WaitForRoom(TimeSpan limit) => _room.Wait(limit);

    private bool Full() => _queue.Count >= maxRecords || _bytes >= maxBytes;

    private void Refill(List<InputRecord> kept)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "Expected the lock to be held.");
        _queue.Clear();
        _bytes = 0;
        foreach (var record in kept)
        {
            _queue.Enqueue(record);
            _bytes += record.Bytes;
        }

        if (!Full()) { _room.Set(); }
    }
}
