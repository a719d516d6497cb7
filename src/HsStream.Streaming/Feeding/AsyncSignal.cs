namespace HsStream.Streaming.Feeding;

/// <summary>Wakes one waiter; set twice it wakes once.</summary>
internal sealed class AsyncSignal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0);
    private int _isSet;

    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0) { _semaphore.Release(); }
    }

    /// <returns>Once set, or after the time; whichever it was, look at the world again.</returns>
    public async Task WaitAsync(TimeSpan limit)
    {
        if (await _semaphore.WaitAsync(limit)) { Volatile.Write(ref _isSet, 0); }
    }

    public void Dispose() => _semaphore.Dispose();
}
