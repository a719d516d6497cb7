using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming;

/// <summary>Events 4000 to 4999.</summary>
internal static partial class StreamingLog
{
    [LoggerMessage(4001, LogLevel.Warning, "The schema registry does not answer (attempt {Attempt}: {Error}); asking again until it does")]
    public static partial void RegistryUnavailable(this ILogger logger, int attempt, string error);

    public static void Client(this ILogger logger, LogMessage message)
    {
        var level = message.Level switch
        {
            SyslogLevel.Emergency or SyslogLevel.Alert or SyslogLevel.Critical => LogLevel.Error,
            // Connections come and go; whoever waits for an answer says what that means for the records.
            _ => LogLevel.Debug,
        };
        logger.ClientSaid(level, message.Name, message.Facility, message.Message);
    }

    public static void Client(this ILogger logger, Error error)
    {
        if (error.IsFatal) { logger.ClientFailed(error.Code.ToString(), error.Reason); }
        else if (logger.IsEnabled(LogLevel.Debug)) { logger.ClientSaid(LogLevel.Debug, "client", error.Code.ToString(), error.Reason); }
    }

    [LoggerMessage(EventId = 4003, Message = "{Client} {Facility}: {Text}")]
    private static partial void ClientSaid(this ILogger logger, LogLevel level, string client, string facility, string text);

    [LoggerMessage(4004, LogLevel.Error, "The Kafka client failed for good: {Code}, {Text}")]
    private static partial void ClientFailed(this ILogger logger, string code, string text);

    [LoggerMessage(4005, LogLevel.Warning, "Topic {Problem}; it is left as it is")]
    public static partial void TopicProblem(this ILogger logger, string problem);

    [LoggerMessage(4006, LogLevel.Debug, "Reading failed: {Code}")]
    public static partial void ConsumeFailed(this ILogger logger, string code);

    [LoggerMessage(4007, LogLevel.Information, "{Group} was assigned [{Partitions}]")]
    public static partial void PartitionsAssigned(this ILogger logger, string group, string partitions);

    [LoggerMessage(4008, LogLevel.Information, "{Group} {How} [{Partitions}]")]
    public static partial void PartitionsRemoved(this ILogger logger, string group, string how, string partitions);

    [LoggerMessage(4009, LogLevel.Warning, "{Stage} aborted a transaction of {Records} records and reads them again: {Reason}")]
    public static partial void TransactionAborted(this ILogger logger, string stage, int records, string reason);

    [LoggerMessage(4010, LogLevel.Warning, "{Stage} handled a batch of {Records} records in vain (attempt {Attempt}): {Error}; trying again")]
    public static partial void BatchRetried(this ILogger logger, string stage, int records, int attempt, string error);

    [LoggerMessage(4011, LogLevel.Warning, "{Stage} could not settle its work within {Limit}; it is given up and read again by the next owner")]
    public static partial void WorkGivenUp(this ILogger logger, string stage, TimeSpan limit);

    [LoggerMessage(4012, LogLevel.Information, "{Stage} is ready as {TransactionalId} in group {Group}")]
    public static partial void ProcessorReady(this ILogger logger, string stage, string transactionalId, string group);

    [LoggerMessage(4013, LogLevel.Information, "{Stage} has drained and left group {Group}")]
    public static partial void ProcessorDrained(this ILogger logger, string stage, string group);

    [LoggerMessage(4014, LogLevel.Warning, "Skipped unreadable {Topic}[{Partition}]@{Offset}: {Reason}")]
    public static partial void FollowedRecordSkipped(this ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(4015, LogLevel.Warning, "{Step} did not succeed yet: {Code}; trying again")]
    public static partial void TransactionStepRetried(this ILogger logger, string step, string code);

    [LoggerMessage(4016, LogLevel.Warning, "The registry does not let us set the compatibility of {Subject}: {Reason}")]
    public static partial void CompatibilityNotSet(this ILogger logger, string subject, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "Dead-lettered {Topic}[{Partition}]@{Offset}: {Reason}")]
    public static partial void RecordDeadLettered(this ILogger logger, string topic, int partition, long offset, string reason);
}
