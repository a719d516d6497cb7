using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>Fetching offsets, and removing them: by request, with their group, with their topic, by age.</content>
internal sealed partial class OffsetCoordinator
{
    /// <summary>Answers from what is durable; a client that requires stability first waits for all that is written.</summary>
    public void Fetch(OffsetFetchRequest request, TaskCompletionSource<OffsetFetchResponse> reply)
    {
        if (!request.RequireStable)
        {
            reply.TrySetResult(Fetch(request));
            return;
        }

        log.WhenAllDurable(error =>
        {
            var response = Fetch(request);
            foreach (var group in response.Groups) { group.Error = error; }
            reply.TrySetResult(response);
        });
    }

    public void Delete(OffsetDeleteRequest request, TaskCompletionSource<OffsetDeleteResponse> reply)
    {
        var error = request.GroupId.Length == 0 ? ErrorCode.InvalidGroupId
            : groups.Find(request.GroupId) is not { } found ? ErrorCode.GroupIdNotFound
            : found.State != GroupState.Empty && !found.UsesConsumerProtocol ? ErrorCode.NonEmptyGroup
            : ErrorCode.None;
        if (error != ErrorCode.None)
        {
            reply.TrySetResult(new OffsetDeleteResponse { Error = error });
            return;
        }

        var group = groups.Find(request.GroupId)!;
        var response = new OffsetDeleteResponse();
        var toDelete = new List<(string, TopicPartition)>();
        foreach (var topic in request.Topics)
        {
            var known = catalog.Find(topic.Name)?.Partitions.Count ?? 0;
            var result = new OffsetCommitResponse.TopicResult { Name = topic.Name };
            response.Topics.Add(result);
            foreach (var index in topic.Partitions)
            {
                var partition = new TopicPartition(topic.Name, index);
                var refusal = index < 0 || index >= known ? ErrorCode.UnknownTopicOrPartition
                    : group.IsSubscribedTo(topic.Name) ? ErrorCode.GroupSubscribedToTopic
                    : ErrorCode.None;
                result.Partitions.Add(new OffsetCommitResponse.PartitionResult { Partition = index, Error = refusal });
                if (refusal == ErrorCode.None && IsKnown(group.Id, partition)) { toDelete.Add((group.Id, partition)); }
            }
        }

        Remove(toDelete, [], error => reply.TrySetResult(error == ErrorCode.None ? response : new OffsetDeleteResponse { Error = error }));
    }

    public void DeleteGroups(DeleteGroupsRequest request, TaskCompletionSource<DeleteGroupsResponse> reply)
    {
        var response = new DeleteGroupsResponse();
        foreach (var groupId in request.Groups.Distinct())
        {
            response.Groups.Add(new DeleteGroupsResponse.Group { GroupId = groupId, Error = groups.ValidateDelete(groupId) });
        }

        var deleted = response.Groups.FindAll(group => group.Error == ErrorCode.None);
        var names = deleted.ConvertAll(group => group.GroupId);
        Remove([.. names.SelectMany(KnownPartitions)], names, error =>
        {
            foreach (var group in deleted) { group.Error = error; }
            reply.TrySetResult(response);
        });
    }

    /// <summary>Offsets of a deleted topic would mislead readers of a later one of the same name.</summary>
    public void TopicDeleted(string topic) =>
        Remove([.. AllGroups().SelectMany(KnownPartitions).Where(offset => offset.Partition.Topic == topic)], [], _ => { });

    /// <summary>Removes offsets past their retention, and groups that are left with nothing.</summary>
    public void Expire()
    {
        var offsets = new List<(string, TopicPartition)>();
        var emptied = new List<string>();
        foreach (var group in groups.Groups)
        {
            var kept = 0;
            foreach (var (partition, offset) in store.Written.Of(group.Id))
            {
                if (IsExpired(group, partition, offset)) { offsets.Add((group.Id, partition)); } else { kept++; }
            }

            if (kept == 0 && group.State == GroupState.Empty && !store.HasPending(group.Id)) { emptied.Add(group.Id); }
        }

        if (offsets.Count > 0 || emptied.Count > 0) { logger.OffsetsExpired(offsets.Count, emptied.Count); }
        Remove(offsets, emptied, _ => { });
    }

    private OffsetFetchResponse Fetch(OffsetFetchRequest request) => new()
    {
        Groups =
        [
            .. request.Groups.Select(group => new OffsetFetchResponse.Group
            {
                GroupId = group.GroupId,
                Topics = group.Topics is { } topics
                    ?
                    [
                        .. topics.Select(topic => new OffsetFetchResponse.TopicResult
                        {
                            Name = topic.Name,
                            Partitions = topic.Partitions.ConvertAll(index =>
                                Fetch(group.GroupId, new TopicPartition(topic.Name, index), request.RequireStable)),
                        }),
                    ]
                    :
                    [
                        .. store.Durable.Of(group.GroupId).Keys.GroupBy(partition => partition.Topic).Select(topic =>
                            new OffsetFetchResponse.TopicResult
                            {
                                Name = topic.Key,
                                Partitions = [.. topic.Select(partition => Fetch(group.GroupId, partition, request.RequireStable))],
                            }),
                    ],
            }),
        ],
    };

    private OffsetFetchResponse.PartitionResult Fetch(string group, TopicPartition partition, bool requireStable)
    {
        var result = new OffsetFetchResponse.PartitionResult { Partition = partition.Partition };
        if (requireStable && store.HasPending(group, partition))
        {
            result.Error = ErrorCode.UnstableOffsetCommit;
        }
        else if (store.Durable.Find(group, partition) is { } offset)
        {
            (result.Offset, result.LeaderEpoch, result.Metadata) = (offset.Offset, offset.LeaderEpoch, offset.Metadata);
        }

        return result;
    }

    /// <summary>
    /// Members gone: the group's idle time counts. Members there: a stable consumer group's offsets of topics it no longer
    /// subscribes to go by their own age. Offsets without a group go by their own age. Otherwise nothing expires.
    /// </summary>
    private bool IsExpired(Group group, TopicPartition partition, CommittedOffset offset)
    {
        long? since = group switch
        {
            { ProtocolType: null } => offset.CommitTimestampMs,
            { State: GroupState.Empty } => group.StateSinceMs >= 0 ? group.StateSinceMs : offset.CommitTimestampMs,
            { State: GroupState.Stable, SubscribedTopics: not null } => offset.CommitTimestampMs,
            _ => null,
        };
        if (since is null || group.IsSubscribedTo(partition.Topic) || store.HasPending(group.Id, partition)) { return false; }

        var now = deadlines.NowMs;
        return offset.ExpireTimestampMs >= 0 ? now >= offset.ExpireTimestampMs : now - since >= options.OffsetsRetention.TotalMilliseconds;
    }

    private bool IsKnown(string group, TopicPartition partition) =>
        store.Written.Find(group, partition) is not null || store.HasPending(group, partition);

    private IEnumerable<string> AllGroups() => store.Written.Groups.Union(store.PendingKeys.Select(key => key.Group));

    private IEnumerable<(string Group, TopicPartition Partition)> KnownPartitions(string group) =>
        store.Written.Of(group).Keys.Select(partition => (group, partition))
            .Union(store.PendingKeys.Where(key => key.Group == group));

    /// <summary>Writes tombstones for offsets and groups, and forgets those whose tombstone is written.</summary>
    private void Remove(List<(string Group, TopicPartition Partition)> offsets, List<string> emptied, Action<ErrorCode> done)
    {
        // A few hundred at a time stay far below the largest batch, whatever the names; each batch is forgotten before the next.
        const int BatchSize = 500;
        var error = ErrorCode.None;
        foreach (var batch in offsets.Chunk(BatchSize))
        {
            if (!TryWrite([.. batch.Select(offset => (Key(offset.Group, offset.Partition), (ReadOnlyMemory<byte>?)null))], ref error)) { break; }

            foreach (var (group, partition) in batch)
            {
                store.Written.Remove(group, partition);
                store.RemovePending(group, partition);
            }

            log.WhenAllDurable(error =>
            {
                if (error != ErrorCode.None) { return; }
                foreach (var (group, partition) in batch) { store.Durable.Remove(group, partition); }
            });
        }

        foreach (var batch in emptied.Chunk(BatchSize))
        {
            if (error != ErrorCode.None || !TryWrite([.. batch.Select(GroupCoordinator.Tombstone)], ref error)) { break; }

            foreach (var group in batch) { groups.Remove(group); }
        }

        if (error != ErrorCode.None) { done(error); } else { log.WhenAllDurable(done); }
    }

    private bool TryWrite(List<(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)> records, ref ErrorCode error)
    {
        var result = log.Append(records, deadlines.NowMs);
        if (result.Error != ErrorCode.None) { logger.TombstonesNotStored(records.Count, result.Error, result.Message); }
        error = result.Error;
        return error == ErrorCode.None;
    }
}
