using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>What the coordinator reports: rebalances, fencing, timeouts, and records it could not write or read.</summary>
internal static partial class CoordinatorLog
{
    [LoggerMessage(7001, LogLevel.Information, "Member {Member} of group {Group} sent no heartbeat in time and is removed")]
    public static partial void MemberExpired(this ILogger logger, string member, string group);

    [LoggerMessage(7002, LogLevel.Information, "Group {Group} prepares a rebalance after generation {Generation}: {Reason}")]
    public static partial void RebalancePrepared(this ILogger logger, string group, int generation, string reason);

    [LoggerMessage(7003, LogLevel.Information, "Member {Member} of group {Group} did not rejoin in time and is removed")]
    public static partial void MemberDidNotRejoin(this ILogger logger, string member, string group);

    [LoggerMessage(7004, LogLevel.Information, "Member {Member} of group {Group} did not ask for its assignment in time and is removed")]
    public static partial void MemberDidNotSync(this ILogger logger, string member, string group);

    [LoggerMessage(7005, LogLevel.Information, "Group {Group} is stable in generation {Generation} with {Members} members")]
    public static partial void GroupStable(this ILogger logger, string group, int generation, int members);

    [LoggerMessage(7006, LogLevel.Information, "Member {Member} leaves group {Group}; its reason: {Reason}")]
    public static partial void MemberLeft(this ILogger logger, string member, string group, string reason);

    [LoggerMessage(7007, LogLevel.Information, "Static member {Instance} of group {Group} is back: {NewMember} fences {OldMember}")]
    public static partial void StaticMemberReplaced(this ILogger logger, string instance, string group, string oldMember, string newMember);

    [LoggerMessage(7008, LogLevel.Error, "Generation {Generation} of group {Group} could not be stored: {Error} {Message}")]
    public static partial void GroupNotStored(this ILogger logger, string group, int generation, ErrorCode error, string? message);

    [LoggerMessage(7009, LogLevel.Error, "Offsets of group {Group} could not be stored: {Error} {Message}")]
    public static partial void OffsetsNotStored(this ILogger logger, string group, ErrorCode error, string? message);

    [LoggerMessage(7010, LogLevel.Error, "{Count} tombstones could not be stored: {Error} {Message}")]
    public static partial void TombstonesNotStored(this ILogger logger, int count, ErrorCode error, string? message);

    [LoggerMessage(7011, LogLevel.Information, "{Offsets} offsets and {Groups} groups have expired")]
    public static partial void OffsetsExpired(this ILogger logger, int offsets, int groups);

    [LoggerMessage(7020, LogLevel.Warning, "Skipped the record at offset {Offset} of {Topic}: its key has the unknown version {Version}")]
    public static partial void UnknownKeySkipped(this ILogger logger, long offset, string topic, short version);

    [LoggerMessage(7021, LogLevel.Error, "Skipped the record at offset {Offset} of {Topic}: {Reason}")]
    public static partial void RecordUnreadable(this ILogger logger, long offset, string topic, string reason);

    [LoggerMessage(7022, LogLevel.Information, "Loaded {Groups} groups and {Transactions} transactional ids in {Milliseconds} ms")]
    public static partial void CoordinatorLoaded(this ILogger logger, int groups, int transactions, long milliseconds);

    [LoggerMessage(7023, LogLevel.Error, "A coordinator message failed; the coordinator goes on")]
    public static partial void MessageFailed(this ILogger logger, Exception exception);

    [LoggerMessage(7030, LogLevel.Information, "Transactional id {TransactionalId} has producer {ProducerId} with epoch {Epoch}")]
    public static partial void ProducerInitialized(this ILogger logger, string transactionalId, long producerId, short epoch);

    [LoggerMessage(7031, LogLevel.Warning, "The transaction of {TransactionalId} (producer {ProducerId}) is aborted: {Reason}")]
    public static partial void TransactionAborted(this ILogger logger, string transactionalId, long producerId, string reason);

    [LoggerMessage(7032, LogLevel.Warning, "Producer {ProducerId} has an open transaction in {Partition} that no transactional id knows: aborted")]
    public static partial void OrphanAborted(this ILogger logger, long producerId, TopicPartition partition);

    [LoggerMessage(7033, LogLevel.Error, "The state {State} of {TransactionalId} could not be stored: {Error} {Message}")]
    public static partial void TransactionNotStored(
        this ILogger logger, string transactionalId, TransactionState state, ErrorCode error, string? message);

    [LoggerMessage(7034, LogLevel.Error, "The marker of {TransactionalId} could not be written to {Partition} and is tried again: {Error}")]
    public static partial void MarkerFailed(this ILogger logger, string transactionalId, TopicPartition partition, ErrorCode error);

    [LoggerMessage(7036, LogLevel.Error, "No producer id could be reserved")]
    public static partial void NoProducerId(this ILogger logger, Exception exception);

    [LoggerMessage(7037, LogLevel.Information, "{Count} transactional ids have expired")]
    public static partial void TransactionalIdsExpired(this ILogger logger, int count);

    [LoggerMessage(7035, LogLevel.Information, "{TransactionalId}: {State} is completed after a restart")]
    public static partial void TransactionResumed(this ILogger logger, string transactionalId, TransactionState state);
}
