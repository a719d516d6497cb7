namespace HsStream.Service.Ledger;

internal static partial class LedgerRoleLog
{
    [LoggerMessage(8501, LogLevel.Warning, "{Topic}[{Partition}]@{Offset} cannot be decoded ({Reason}); its position and hash are recorded")]
    public static partial void RecordUnreadable(this ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(8502, LogLevel.Warning, "{Topic}[{Partition}]@{Offset} is not allowed by the ledger's rules; the refusal is recorded and the record dead-lettered")]
    public static partial void FactRefused(this ILogger logger, string topic, int partition, long offset);

    [LoggerMessage(8503, LogLevel.Warning, "A dead letter waits for Kafka: {Code}")]
    public static partial void DeadLetterWaits(this ILogger logger, string code);

    [LoggerMessage(8504, LogLevel.Warning, "The ledger's tables cannot be looked at yet; tried again after {Wait}: {Problem}")]
    public static partial void SetupTriedAgain(this ILogger logger, TimeSpan wait, string problem);

    [LoggerMessage(8505, LogLevel.Information, "This process publishes the changes of models")]
    public static partial void PublisherLeads(this ILogger logger);

    [LoggerMessage(8506, LogLevel.Information, "Published {What} {Id} of event {Sequence}")]
    public static partial void ChangePublished(this ILogger logger, string what, string id, long sequence);

    [LoggerMessage(8507, LogLevel.Warning, "Publishing changes of models stopped and is tried again after {Wait}: {Problem}")]
    public static partial void PublisherStopped(this ILogger logger, TimeSpan wait, string problem);

    [LoggerMessage(8508, LogLevel.Warning, "{What} stopped and begins again after {Wait}: {Problem}")]
    public static partial void UpkeepStopped(this ILogger logger, string what, TimeSpan wait, string problem);

    [LoggerMessage(8509, LogLevel.Error, "The ledger does not agree with itself: {Unanswered} descriptions without an answer, {OffsetGaps} gaps of offsets, serving timeline rebuilt: {IsRepaired}")]
    public static partial void LedgerDisagrees(this ILogger logger, long unanswered, int offsetGaps, bool isRepaired);
}
