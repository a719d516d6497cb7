namespace HsStream.Embedded.Broker.Network;

/// <summary>A number of bytes shared by all connections; takers wait in order of arrival when it is used up.</summary>
/// <remarks>One claim larger than the whole budget is granted when nothing else is out, so that no size is stuck for ever.</remarks>
internal sealed class ByteBudget(long capacity)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Granted)> _waiting = [];
    private long _used;

    public long Used
    {
        get { lock (_lock) { return _used; } }
    }

    /// <exception cref="OperationCanceledException">The wait was given up; nothing is held then.</exception>
    public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _used += bytes;
                return ValueTask.CompletedTask;
            }

            var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(WaitAsync(_waiting.AddLast((bytes, granted)), cancellationToken));
        }
    }

    public void Return(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            GrantNext();
        }
    }

    private async Task WaitAsync(LinkedListNode<(long Bytes, TaskCompletionSource Granted)> node, CancellationToken cancellationToken)
    {
        try
        {
            await node.Value.Granted.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (node.Value.Granted.Task.IsCompleted) { _used -= node.Value.Bytes; } else { _waiting.Remove(node); }
                GrantNext();
            }

            throw;
        }
    }

    private bool Fits(long bytes) => _used == 0 || _used + bytes <= capacity;

    private void GrantNext()
    {
        while (_waiting.First is { } next && Fits(next.Value.Bytes))
        {
            _waiting.RemoveFirst();
            _used += next.Value.Bytes;
            next.Value.Granted.SetResult();
        }
    }
}
