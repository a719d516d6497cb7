using System.Diagnostics;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Partitions with something to flush, each at most once; what is appended during a flush belongs to the next one.</summary>
/// <remarks>No timer: a flush starts as soon as a flusher is free, so that the batch grows with the time the disk takes.</remarks>
internal sealed class FlushQueue
{
    private readonly object _lock = new();
    private readonly Queue<(PartitionLog Log, long Since)> _waiting = [];
    private bool _stopped;

    public int Count
    {
        get
        {
            lock (_lock) { return _waiting.Count; }
        }
    }

    /// <summary>How long the first in the queue has waited.</summary>
    public TimeSpan OldestAge
    {
        get
        {
            lock (_lock) { return _waiting.TryPeek(out var first) ? Stopwatch.GetElapsedTime(first.Since) : TimeSpan.Zero; }
        }
    }

    /// <summary>Has the partition flushed soon; does nothing when it is waiting already.</summary>
    public void Add(PartitionLog log)
    {
        if (!log.TryEnterQueue()) { return; }

        lock (_lock)
        {
            _waiting.Enqueue((log, Stopwatch.GetTimestamp()));
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Flushes until <see cref="Stop"/>; the body of a flusher thread.</summary>
    public void Run()
    {
        while (Take(wait: true) is { } log) { Flush(log); }
    }

    /// <summary>Flushes what is waiting now.</summary>
    public void RunOnce()
    {
        for (var left = Count; left > 0 && Take(wait: false) is { } log; left--) { Flush(log); }
    }

    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Flush(PartitionLog log)
    {
        log.BeginFlush();
        log.Flush();
        if (log.EndFlush()) { Add(log); }
    }

    private PartitionLog? Take(bool wait)
    {
        lock (_lock)
        {
            while (_waiting.Count == 0)
            {
                if (!wait || _stopped) { return null; }

                Monitor.Wait(_lock);
            }

            return _waiting.Dequeue().Log;
        }
    }
}
