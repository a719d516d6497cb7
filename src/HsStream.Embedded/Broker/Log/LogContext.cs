using HsStream.Embedded.Broker.Disk;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Log;

/// <summary>What all partitions of a data directory share.</summary>
internal sealed record LogContext(IDisk Disk, LogOptions Options, TimeProvider Time, ILogger Logger, StorageMetrics Metrics, FlushQueue Queue)
{
    /// <summary>Called with the failure when a flush failed: nobody may trust the directory's page cache any more.</summary>
    public required Action<Exception> FlushFailed { get; init; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
