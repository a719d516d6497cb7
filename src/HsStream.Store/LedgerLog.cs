using Microsoft.Extensions.Logging;

namespace HsStream.Store;

/// <summary>Event ids 7000 to 7999.</summary>
internal static partial class LedgerLog
{
    [LoggerMessage(7001, LogLevel.Warning, "The ledger's store does not answer (attempt {Attempt}, next in {Delay}): {Failure}")]
    public static partial void StoreUnavailable(this ILogger logger, int attempt, TimeSpan delay, string failure);

    [LoggerMessage(7002, LogLevel.Warning, "Another writer has moved the ledger's offsets on: {Wanted}")]
    public static partial void OffsetsConflicted(this ILogger logger, string wanted);

    [LoggerMessage(7003, LogLevel.Warning, "{Origin} is refused on {Stream}: {Reason}")]
    public static partial void FactRefused(this ILogger logger, string origin, string stream, string reason);

    [LoggerMessage(7004, LogLevel.Information, "Seal {Number} was committed although its connection broke")]
    public static partial void CommitConfirmed(this ILogger logger, long number);

    [LoggerMessage(7005, LogLevel.Warning, "Marten's sequence did not follow event {Sequence}; the next commit repairs that: {Failure}")]
    public static partial void SequenceLags(this ILogger logger, long sequence, string failure);

    [LoggerMessage(7006, LogLevel.Information, "Leading {Role}")]
    public static partial void LeadTaken(this ILogger logger, string role);

    [LoggerMessage(7007, LogLevel.Warning, "Lost the lead of {Role}: {Failure}")]
    public static partial void LeadLost(this ILogger logger, string role, string failure);

    [LoggerMessage(7008, LogLevel.Warning, "Projection {Projection} differs from the events; rebuilding it")]
    public static partial void ProjectionRebuilt(this ILogger logger, string projection);
}
