using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Commits, fetches, deletes and expires the offsets of groups.</summary>
/// <remarks>Not thread-safe: the coordinator's actor owns it. This file holds the commits.</remarks>
internal sealed partial class OffsetCoordinator(
    TopicCatalog catalog, StateLog log, GroupCoordinator groups, OffsetStore store, Deadlines deadlines, CoordinatorOptions options,
    ILogger logger)
{
    private const long NoRetention = -1;

    public void Commit(OffsetCommitRequest request, TaskCompletionSource<OffsetCommitResponse> reply)
    {
        var response = new OffsetCommitResponse();
        var accepted = Accept(
            request.Topics.Select(topic => (topic.Name, topic.Partitions.Select(partition =>
                (partition.Partition, partition.Offset, partition.LeaderEpoch, partition.Metadata)))),
            response.Topics);
        if (accepted.Count == 0)
        {
            reply.TrySetResult(response);
            return;
        }

        var error = groups.ValidateCommit(
            request.GroupId, request.MemberId, request.GroupInstanceId, request.GenerationId, transactional: false);
        if (error != ErrorCode.None)
        {
            reply.TrySetResult(Failed(response, accepted, error));
            return;
        }

        // A commit keeps its member alive, except while the group waits for assignments.
        var group = groups.GetOrAdd(request.GroupId);
        if (group.State is GroupState.Stable or GroupState.PreparingRebalance && group.Members.TryGetValue(request.MemberId, out var member))
        {
            groups.StartSession(group, member);
        }

        var expiry = request.RetentionTimeMs == NoRetention ? -1 : deadlines.NowMs + request.RetentionTimeMs;
        var toWrite = Fitting(accepted);
        if (toWrite.Count == 0)
        {
            reply.TrySetResult(response);
            return;
        }

        var (written, endOffset, offsets) = Write(request.GroupId, toWrite, expiry);
        if (written != ErrorCode.None)
        {
            reply.TrySetResult(Failed(response, toWrite, written));
            return;
        }

        foreach (var (partition, offset) in offsets) { store.Written.Put(request.GroupId, partition, offset); }
        log.WhenDurable(endOffset, error =>
        {
            if (error == ErrorCode.None)
            {
                foreach (var (partition, offset) in offsets) { store.Durable.Put(request.GroupId, partition, offset); }
            }

            reply.TrySetResult(error == ErrorCode.None ? response : Failed(response, toWrite, error));
        });
    }

    /// <summary>Writes offsets that count when the transaction commits; its membership in the transaction is checked already.</summary>
    /// <remarks>Only written, not durable, before the answer: the commit of the transaction makes them durable first.</remarks>
    /// <param name="transactionError">What the transaction says of the producer; NONE when it may write.</param>
    public TxnOffsetCommitResponse CommitInTransaction(TxnOffsetCommitRequest request, ErrorCode transactionError)
    {
        var response = new TxnOffsetCommitResponse();
        var accepted = Accept(
            request.Topics.Select(topic => (topic.Name, topic.Partitions.Select(partition =>
                (partition.Partition, partition.Offset, partition.LeaderEpoch, partition.Metadata)))),
            response.Topics);
        if (accepted.Count == 0) { return response; }

        var error = request.GroupId.Length == 0 ? ErrorCode.InvalidGroupId
            : transactionError != ErrorCode.None ? transactionError
            : groups.ValidateCommit(request.GroupId, request.MemberId, request.GroupInstanceId, request.GenerationId, transactional: true);
        if (error != ErrorCode.None)
        {
            Fail(accepted, error);
            return response;
        }

        groups.GetOrAdd(request.GroupId);
        var toWrite = Fitting(accepted);
        if (toWrite.Count == 0) { return response; }

        var (written, _, offsets) = Write(request.GroupId, toWrite, expiry: -1, request.ProducerId, request.ProducerEpoch);
        Fail(toWrite, written);
        foreach (var (partition, offset) in offsets) { store.AddPending(request.ProducerId, request.GroupId, partition, offset); }
        return response;
    }

    /// <summary>Answers partitions that do not exist, and lists the others with the row their answer goes to.</summary>
    private List<Commitment> Accept(
        IEnumerable<(string Topic, IEnumerable<(int Partition, long Offset, int LeaderEpoch, string? Metadata)> Partitions)> topics,
        List<OffsetCommitResponse.TopicResult> results)
    {
        var accepted = new List<Commitment>();
        foreach (var (topic, partitions) in topics)
        {
            var known = catalog.Find(topic)?.Partitions.Count ?? 0;
            var result = new OffsetCommitResponse.TopicResult { Name = topic };
            results.Add(result);
            foreach (var (partition, offset, leaderEpoch, metadata) in partitions)
            {
                var row = new OffsetCommitResponse.PartitionResult { Partition = partition };
                result.Partitions.Add(row);
                if (partition < 0 || partition >= known)
                {
                    row.Error = ErrorCode.UnknownTopicOrPartition;
                }
                else
                {
                    accepted.Add(new Commitment(new TopicPartition(topic, partition), offset, leaderEpoch, metadata ?? string.Empty, row));
                }
            }
        }

        return accepted;
    }

    private List<Commitment> Fitting(List<Commitment> commitments)
    {
        Fail(commitments.Where(commitment => commitment.Metadata.Length > options.MaxOffsetMetadata), ErrorCode.OffsetMetadataTooLarge);
        return commitments.FindAll(commitment => commitment.Row.Error == ErrorCode.None);
    }

    private (ErrorCode Error, long EndOffset, List<(TopicPartition Partition, CommittedOffset Offset)> Offsets) Write(
        string group, List<Commitment> commitments, long expiry, long producerId = -1, short producerEpoch = -1)
    {
        var now = deadlines.NowMs;
        var records = commitments.ConvertAll(commitment =>
        {
            var value = new OffsetCommitValue
            {
                Offset = commitment.Offset,
                LeaderEpoch = commitment.LeaderEpoch,
                Metadata = commitment.Metadata,
                CommitTimestampMs = now,
                ExpireTimestampMs = expiry,
            };
            return (
                Key(group, commitment.Partition),
                (ReadOnlyMemory<byte>?)StateRecord.Write(
                    expiry < 0 ? OffsetCommitValue.Written : OffsetCommitValue.WrittenWithExpiry, value));
        });
        var result = log.Append(records, now, producerId, producerEpoch);
        if (result.Error != ErrorCode.None)
        {
            logger.OffsetsNotStored(group, result.Error, result.Message);
            return (result.Error, -1, []);
        }

        return (ErrorCode.None, result.EndOffset, [.. commitments.Select((commitment, index) => (
            commitment.Partition,
            new CommittedOffset(
                commitment.Offset, commitment.LeaderEpoch, commitment.Metadata, now, expiry, result.BaseOffset + index)))]);
    }

    private static ReadOnlyMemory<byte>? Key(string group, TopicPartition partition) => StateRecord.Write(
        OffsetCommitKey.Written, new OffsetCommitKey { Group = group, Topic = partition.Topic, Partition = partition.Partition });

    private static OffsetCommitResponse Failed(OffsetCommitResponse response, List<Commitment> commitments, ErrorCode error)
    {
        Fail(commitments, error);
        return response;
    }

    private static void Fail(IEnumerable<Commitment> commitments, ErrorCode error)
    {
        foreach (var commitment in commitments) { commitment.Row.Error = error; }
    }

    /// <param name="Row">Where its answer goes.</param>
    private sealed record Commitment(
        TopicPartition Partition, long Offset, int LeaderEpoch, string Metadata, OffsetCommitResponse.PartitionResult Row);
}
