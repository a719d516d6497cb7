using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Log;

/// <summary>What the storage has to say.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(6001, LogLevel.Warning, "Cut {Bytes} bytes from the tail of {Partition}, from offset {Offset} (position {Position} of {Path}) on: {Problem}. Nothing acknowledged was lost")]
    public static partial void TailCut(this ILogger logger, long bytes, TopicPartition partition, long offset, long position, string path, string problem);

    [LoggerMessage(6002, LogLevel.Critical, "{Partition} is offline: {Reason}")]
    public static partial void PartitionOffline(this ILogger logger, TopicPartition partition, string reason);

    [LoggerMessage(6003, LogLevel.Information, "Recovered {Partition}: checked offsets {From} to {To} in {ElapsedMs} ms")]
    public static partial void Recovered(this ILogger logger, TopicPartition partition, long from, long to, long elapsedMs);

    [LoggerMessage(6004, LogLevel.Warning, "Rebuilt the side files of {Partition} from offset {Offset} on")]
    public static partial void SideFilesRebuilt(this ILogger logger, TopicPartition partition, long offset);

    [LoggerMessage(6005, LogLevel.Error, "Appending to {Partition} failed")]
    public static partial void AppendFailed(this ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(6006, LogLevel.Critical, "A flush failed: the data directory {Directory} takes no more writes; restart the broker to recover")]
    public static partial void FlushFailed(this ILogger logger, Exception failure, string directory);

    [LoggerMessage(6007, LogLevel.Warning, "Writing the side files of {Partition} failed; they are rebuilt when needed")]
    public static partial void SideFilesNotWritten(this ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(6008, LogLevel.Warning, "The checkpoint of {Partition} is missing or damaged; the log is taken to start at {LogStart} and to be durable up to {RecoveryPoint}")]
    public static partial void CheckpointLost(this ILogger logger, TopicPartition partition, long logStart, long recoveryPoint);

    [LoggerMessage(6009, LogLevel.Error, "Maintenance of {Partition} failed; it is tried again in the next round")]
    public static partial void MaintenanceFailed(this ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(6010, LogLevel.Information, "Removed {Count} segments of {Partition}; the log starts at {LogStart}")]
    public static partial void SegmentsRemoved(this ILogger logger, int count, TopicPartition partition, long logStart);

    [LoggerMessage(6011, LogLevel.Error, "Removing the files of a deleted topic failed: {Path}")]
    public static partial void DeleteFailed(this ILogger logger, Exception failure, string path);

    [LoggerMessage(6012, LogLevel.Error, "Reading {Partition} from offset {Offset} failed")]
    public static partial void ReadFailed(this ILogger logger, Exception failure, TopicPartition partition, long offset);

    [LoggerMessage(6013, LogLevel.Warning, "The clean stop could not be recorded; the next start checks the logs")]
    public static partial void StopNotMarked(this ILogger logger, Exception failure);
}
