using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>An internal topic's only partition: written by the actor alone, which hears of durability in log order.</summary>
internal sealed class StateLog(PartitionLog log, int maxBatchBytes, DurableWaits waits)
{
    private readonly Queue<(long EndOffset, Action<ErrorCode> Done)> _waiting = new();
    private bool _watching;

    public PartitionLog Partition => log;

    /// <summary>Writes one batch; durable once <see cref="WhenDurable"/> says so.</summary>
    /// <param name="producerId">The transaction that the records belong to, or -1.</param>
    /// <returns>An error code that clients of a coordinator understand.</returns>
    public AppendResult Append(
        IReadOnlyList<(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)> records,
        long timestampMs,
        long producerId = -1,
        short producerEpoch = -1)
    {
        var transactional = producerId >= 0;
        var batch = RecordBatchBuilder.Build(records, timestampMs, producerId, producerEpoch, transactional ? 0 : -1, transactional);
        if (batch.Length > maxBatchBytes)
        {
            return AppendResult.Refused(
                ErrorCode.UnknownServerError, $"A batch of {batch.Length} bytes exceeds the {maxBatchBytes} of the internal topics.");
        }

        var result = log.AppendInternal(batch);
        return result with { Error = ForClients(result.Error) };
    }

    /// <summary>Calls back once everything below the offset is durable: at once, or later as a message; always in log order.</summary>
    public void WhenDurable(long endOffset, Action<ErrorCode> done)
    {
        if (_waiting.Count == 0 && log.HighWatermark >= endOffset)
        {
            done(ErrorCode.None);
            return;
        }

        _waiting.Enqueue((endOffset, done));
        if (!_watching) { Watch(); }
    }

    /// <summary>Calls back once everything written so far is durable.</summary>
    public void WhenAllDurable(Action<ErrorCode> done) => WhenDurable(log.LogEndOffset, done);

    /// <summary>Kafka's translation of log errors for members of groups and for transactional producers.</summary>
    public static ErrorCode ForClients(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.RequestTimedOut =>
            ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge => ErrorCode.UnknownServerError,
        _ => error,
    };

    private void Watch()
    {
        _watching = true;
        waits.Start(log, _waiting.Peek().EndOffset, Release);
    }

    private void Release(ErrorCode error)
    {
        _watching = false;

        // A failed flush fails all that waits: the log takes no more writes.
        var durable = log.HighWatermark;
        while (_waiting.TryPeek(out var first) && (error != ErrorCode.None || first.EndOffset <= durable))
        {
            _waiting.Dequeue();
            first.Done(ForClients(error));
        }

        if (_waiting.Count > 0 && !_watching) { Watch(); }
    }
}
