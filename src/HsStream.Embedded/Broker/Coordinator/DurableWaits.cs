using System.Collections.Concurrent;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Waits for the disk on behalf of the actor, outside of it; what comes of them goes into its inbox.</summary>
internal sealed class DurableWaits(Action<Action> post)
{
    private readonly ConcurrentDictionary<long, (PartitionLog Log, long EndOffset)> _open = new();
    private long _number;

    /// <summary>Durability has been reached, but its message is not in the inbox yet. Lets a simulation wait for the thread pool.</summary>
    public bool IsPostDue => _open.Values.Any(wait => wait.Log.HighWatermark >= wait.EndOffset || wait.Log.OfflineReason is not null);

    public bool IsEmpty => _open.IsEmpty;

    /// <summary>Calls back in the actor once the log is durable up to the offset: before this returns when it is already.</summary>
    public void Start(PartitionLog log, long endOffset, Action<ErrorCode> done)
    {
        var wait = log.WaitDurableAsync(endOffset);
        if (wait.IsCompletedSuccessfully)
        {
            done(wait.Result);
            return;
        }

        var number = _number++;
        _open[number] = (log, endOffset);
        _ = PostLaterAsync(wait, number, done);
    }

    private async Task PostLaterAsync(ValueTask<ErrorCode> wait, long number, Action<ErrorCode> done)
    {
        var error = await wait;
        post(() => done(error));
        _open.TryRemove(number, out _);
    }
}
