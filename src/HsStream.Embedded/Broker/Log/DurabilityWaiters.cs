using System.Threading.Tasks.Sources;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Those who wait until a partition is durable up to an offset.</summary>
/// <remarks>Waiters are pooled and linked in place, so that waiting allocates nothing once the pool is filled.</remarks>
internal sealed class DurabilityWaiters
{
    private readonly Lock _lock = new();
    private Waiter? _waiting;
    private Waiter? _free;

    /// <summary>Waits unless <paramref name="reached"/>, asked again under the lock, already holds.</summary>
    public ValueTask<ErrorCode> WaitAsync(long endOffset, Func<long, ErrorCode?> reached)
    {
        lock (_lock)
        {
            if (reached(endOffset) is { } already) { return new ValueTask<ErrorCode>(already); }

            var waiter = _free;
            if (waiter is null) { waiter = new Waiter(this); } else { _free = waiter.Next; }

            waiter.EndOffset = endOffset;
            waiter.Next = _waiting;
            _waiting = waiter;
            return new ValueTask<ErrorCode>(waiter, waiter.Version);
        }
    }

    /// <summary>Wakes those whose offsets are durable, or all of them with an error; their continuations run on the thread pool.</summary>
    public void Wake(long durableOffset, ErrorCode error)
    {
        Waiter? ready = null;
        lock (_lock)
        {
            Waiter? keep = null;
            for (var waiter = _waiting; waiter is not null;)
            {
                var next = waiter.Next;
                if (error != ErrorCode.None || waiter.EndOffset <= durableOffset)
                {
                    waiter.Next = ready;
                    ready = waiter;
                }
                else
                {
                    waiter.Next = keep;
                    keep = waiter;
                }

                waiter = next;
            }

            _waiting = keep;
        }

        while (ready is not null)
        {
            // Once woken a waiter may be in use again at once.
            var next = ready.Next;
            ready.Complete(error);
            ready = next;
        }
    }

    private void Return(Waiter waiter)
    {
        lock (_lock)
        {
            waiter.Next = _free;
            _free = waiter;
        }
    }

    private sealed class Waiter(DurabilityWaiters owner) : IValueTaskSource<ErrorCode>
    {
        private ManualResetValueTaskSourceCore<ErrorCode> _core = new() { RunContinuationsAsynchronously = true };

        public Waiter? Next { get; set; }

        public long EndOffset { get; set; }

        public short Version => _core.Version;

        public void Complete(ErrorCode error) => _core.SetResult(error);

        public ErrorCode GetResult(short token)
        {
            var result = _core.GetResult(token);
            _core.Reset();
            owner.Return(this);
            return result;
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
