using HsStream.Embedded.Broker.Catalog;

namespace HsStream.Embedded.Broker.Log;

/// <summary>All partition logs of a data directory: opening with recovery, group commit, checkpoints, retention, compaction.</summary>
internal sealed class LogManager : IAsyncDisposable
{
    /// <summary>Creates the partition's folder, or recovers the log in it; a damaged partition comes back offline, not as an exception.</summary>
    public PartitionLog Open(TopicPartition partition, Guid topicId, TopicConfig config) => throw new NotImplementedException();

    /// <summary>Closes the topic's partitions, wakes their waiters and observers, and removes their files in the background.</summary>
    public void Delete(Guid topicId) => throw new NotImplementedException();

    /// <summary>Starts the flusher threads and the background work (checkpoints, retention, compaction).</summary>
    public void Start() => throw new NotImplementedException();

    /// <summary>One round of the flusher on the calling thread; what the threads do, for simulations.</summary>
    public void FlushOnce() => throw new NotImplementedException();

    /// <summary>One round of checkpoint, retention and compaction on the calling thread, for simulations and tests.</summary>
    public void MaintainOnce() => throw new NotImplementedException();

    /// <summary>Flushes, writes checkpoints and the clean-stop marker.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
