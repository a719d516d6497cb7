using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Registry;

/// <summary>The schema registry's log events.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(7001, LogLevel.Information, "Schema registry listens on {Url}, topic {Topic} of {BootstrapServers}")]
    public static partial void RegistryStarted(this ILogger logger, Uri url, string topic, string bootstrapServers);

    [LoggerMessage(7002, LogLevel.Warning, "Skipped offset {Offset} of the schemas topic, which is not a registry's record: {Reason}")]
    public static partial void UnreadableRecord(this ILogger logger, long offset, string reason);

    [LoggerMessage(7003, LogLevel.Warning, "The schemas topic starts over: read up to offset {Position}, then met {Offset}")]
    public static partial void LogStartedOver(this ILogger logger, long position, long offset);

    [LoggerMessage(7004, LogLevel.Warning, "Writing to the schemas topic failed and is retried: {Reason}")]
    public static partial void WriteFailed(this ILogger logger, string reason);

    [LoggerMessage(7005, LogLevel.Error, "A request failed: {Method} {Path}")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(7006, LogLevel.Information, "Another registry became the writer of {Topic}")]
    public static partial void WriterReplaced(this ILogger logger, string topic);

    [LoggerMessage(7007, LogLevel.Debug, "Kafka client of the schemas topic: {Message}")]
    public static partial void KafkaClient(this ILogger logger, string message);

    [LoggerMessage(7008, LogLevel.Error, "The writer of the schemas topic met a fault")]
    public static partial void WriterFaulted(this ILogger logger, Exception exception);
}
