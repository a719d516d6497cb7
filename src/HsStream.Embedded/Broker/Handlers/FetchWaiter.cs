using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Wakes one parked fetch when any of its partitions moved; a signal before the wait is kept.</summary>
internal sealed class FetchWaiter : ILogObserver
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _parked;
    private bool _signalled;

    public void Changed()
    {
        TaskCompletionSource? parked;
        lock (_lock)
        {
            parked = _parked;
            _parked = null;
            _signalled = parked is null;
        }

        parked?.TrySetResult();
    }

    /// <summary>Returns at the next signal, after <paramref name="timeout"/>, or when the connection closes; never throws.</summary>
    public async Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken closed)
    {
        Task parked;
        lock (_lock)
        {
            if (_signalled)
            {
                _signalled = false;
                return;
            }

            _parked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            parked = _parked.Task;
        }

        await parked.WaitAsync(timeout, time, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
