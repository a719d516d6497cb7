using System.Buffers;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Those who are told when a partition changes; adding, removing and telling cost little with thousands of them.</summary>
internal sealed class LogObservers
{
    private readonly Lock _lock = new();
    private readonly HashSet<ILogObserver> _observers = new(ReferenceEqualityComparer.Instance);

    public void Add(ILogObserver observer)
    {
        lock (_lock) { _observers.Add(observer); }
    }

    public void Remove(ILogObserver observer)
    {
        lock (_lock) { _observers.Remove(observer); }
    }

    /// <summary>Tells all, on the calling thread and outside the lock; one removed meanwhile may still be told.</summary>
    public void Notify()
    {
        ILogObserver[] told;
        int count;
        lock (_lock)
        {
            count = _observers.Count;
            if (count == 0) { return; }

            told = ArrayPool<ILogObserver>.Shared.Rent(count);
            _observers.CopyTo(told);
        }

        for (var i = 0; i < count; i++) { told[i].Changed(); }

        ArrayPool<ILogObserver>.Shared.Return(told, clearArray: true);
    }
}
