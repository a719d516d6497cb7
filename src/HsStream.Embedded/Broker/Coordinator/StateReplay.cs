using System.Buffers.Binary;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Brings back the coordinator's state from the internal topics.</summary>
/// <remarks>Trusts nothing in them: what it cannot read it skips with a log line, as Kafka does with keys of later versions.</remarks>
internal sealed class StateReplay(GroupCoordinator groups, OffsetStore offsets, TransactionCoordinator transactions, ILogger logger)
{
    public void Offsets(IEnumerable<StateBatch> batches)
    {
        foreach (var batch in batches)
        {
            foreach (var record in Records(batch, InternalTopics.Offsets))
            {
                if (batch.IsControl) { EndTransaction(batch, record); } else { Try(record, InternalTopics.Offsets, () => Offset(batch, record)); }
            }
        }

        // Whoever commits without joining has a group too.
        foreach (var group in offsets.Written.Groups.Concat(offsets.PendingKeys.Select(key => key.Group)).ToHashSet()) { groups.GetOrAdd(group); }
    }

    public void Transactions(IEnumerable<StateBatch> batches)
    {
        foreach (var batch in batches)
        {
            if (batch.IsControl) { continue; }

            foreach (var record in Records(batch, InternalTopics.Transactions)) { Try(record, InternalTopics.Transactions, () => Transaction(record)); }
        }
    }

    private List<LogRecord> Records(StateBatch batch, string topic)
    {
        try
        {
            return batch.Records();
        }
        catch (InvalidRecordException exception)
        {
            logger.RecordUnreadable(batch.BaseOffset, topic, exception.Message);
            return [];
        }
    }

    private void Try(LogRecord record, string topic, Action apply)
    {
        try
        {
            apply();
        }
        catch (ProtocolException exception)
        {
            logger.RecordUnreadable(record.Offset, topic, exception.Message);
        }
    }

    private void EndTransaction(StateBatch batch, LogRecord record)
    {
        // Key of a marker: int16 version, int16 type (0 abort, 1 commit).
        if (record.Key is not { Length: >= 4 } key) { return; }

        var type = BinaryPrimitives.ReadInt16BigEndian(key.Span[2..]);
        if (type is not (0 or 1)) { return; }

        var commit = type == 1;
        offsets.EndDurable(batch.ProducerId, commit, offsets.EndWritten(batch.ProducerId, commit));
    }

    private void Offset(StateBatch batch, LogRecord record)
    {
        if (record.Key is not { } key) { throw new ProtocolException("it has no key"); }

        switch (StateRecord.Version(key))
        {
            case 0 or 1:
                Offset(batch, record, StateRecord.Read<OffsetCommitKey>(key));
                break;
            case 2:
                var value = Value<GroupMetadataValue>(record, GroupMetadataValue.Highest, GroupMetadataValue.FirstFlexible);
                groups.Restore(StateRecord.Read<GroupMetadataKey>(key).Group, value);
                break;
            case var version:
                logger.UnknownKeySkipped(record.Offset, InternalTopics.Offsets, version);
                break;
        }
    }

    private void Offset(StateBatch batch, LogRecord record, OffsetCommitKey key)
    {
        var partition = new TopicPartition(key.Topic, key.Partition);
        if (Value<OffsetCommitValue>(record, OffsetCommitValue.Highest, OffsetCommitValue.FirstFlexible) is not { } value)
        {
            offsets.Written.Remove(key.Group, partition);
            offsets.Durable.Remove(key.Group, partition);
            offsets.RemovePending(key.Group, partition);
            return;
        }

        var offset = new CommittedOffset(
            value.Offset, value.LeaderEpoch, value.Metadata, value.CommitTimestampMs, value.ExpireTimestampMs, record.Offset);
        if (batch.IsTransactional)
        {
            offsets.AddPending(batch.ProducerId, key.Group, partition, offset);
        }
        else
        {
            offsets.Written.Put(key.Group, partition, offset);
            offsets.Durable.Put(key.Group, partition, offset);
        }
    }

    private void Transaction(LogRecord record)
    {
        if (record.Key is not { } key) { throw new ProtocolException("it has no key"); }

        if (StateRecord.Version(key) is var version and not TransactionLogKey.Written)
        {
            logger.UnknownKeySkipped(record.Offset, InternalTopics.Transactions, version);
            return;
        }

        var value = Value<TransactionLogValue>(record, TransactionLogValue.Highest, TransactionLogValue.FirstFlexible);
        if (value is { State: < (sbyte)TransactionState.Empty or > (sbyte)TransactionState.CompleteAbort })
        {
            throw new ProtocolException($"the state {value.State} is unknown");
        }

        transactions.Restore(StateRecord.Read<TransactionLogKey>(key).TransactionalId, value);
    }

    private static T? Value<T>(LogRecord record, short highest, short firstFlexible)
        where T : class, IWireStruct, new()
    {
        if (record.Value is not { } value) { return null; }

        var version = StateRecord.Version(value);
        return version >= 0 && version <= highest
            ? StateRecord.Read<T>(value, firstFlexible)
            : throw new ProtocolException($"its value has the unknown version {version}");
    }
}
