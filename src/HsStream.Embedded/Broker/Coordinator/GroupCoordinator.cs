using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Runs the classic group protocol: who is in a group, which generation it is in, who may speak for it.</summary>
/// <remarks>
/// Not thread-safe: the coordinator's actor owns it. A request that has to wait is parked in its member as the source of its answer.
/// Rules follow Apache Kafka's group coordinator; this file holds how a rebalance starts and ends.
/// </remarks>
internal sealed partial class GroupCoordinator(
    StateLog log, Deadlines deadlines, CoordinatorOptions options, GroupCounts counts, ILogger logger)
{
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Group> Groups => _groups.Values;

    public Group? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    public Group GetOrAdd(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out var group))
        {
            _groups[groupId] = group = new Group(groupId, counts, deadlines.NowMs);
        }

        return group;
    }

    /// <summary>Takes over a group as it was stored; null for its tombstone.</summary>
    public void Restore(string groupId, GroupMetadataValue? stored)
    {
        if (_groups.Remove(groupId, out var previous)) { previous.Forget(); }
        if (stored is not null) { GetOrAdd(groupId).Restore(stored); }
    }

    /// <summary>Gives the members of restored groups a whole session to show up again.</summary>
    public void StartSessions()
    {
        foreach (var group in _groups.Values)
        {
            foreach (var member in group.Members.Values) { StartSession(group, member); }
            if (group.Members.Count > options.MaxGroupSize) { PrepareRebalance(group, "the group is over its allowed size"); }
        }
    }

    public void StartSession(Group group, GroupMember member) =>
        StartSession(group, member, TimeSpan.FromMilliseconds(member.SessionTimeoutMs));

    /// <summary>Answers all parked requests, so that their clients look for a coordinator again.</summary>
    public void Stop()
    {
        foreach (var member in _groups.Values.SelectMany(group => group.Members.Values))
        {
            member.AnswerJoin(new JoinGroupResponse { Error = ErrorCode.NotCoordinator, MemberId = member.Id });
            member.AnswerSync(new SyncGroupResponse { Error = ErrorCode.NotCoordinator });
        }
    }

    private static DeadlineKey SessionKey(Group group, string memberId) => new(DeadlineKind.Session, group.Id, memberId);

    private static DeadlineKey JoinKey(Group group) => new(DeadlineKind.Join, group.Id);

    private static DeadlineKey SyncKey(Group group) => new(DeadlineKind.Sync, group.Id);

    private void StartSession(Group group, GroupMember member, TimeSpan timeout) =>
        deadlines.Schedule(SessionKey(group, member.Id), timeout, () => ExpireSession(group, member.Id));

    private void ExpireSession(Group group, string memberId)
    {
        if (group.PendingJoins.Remove(memberId))
        {
            if (group.State == GroupState.PreparingRebalance && group.AllJoined) { CompleteJoin(group); }
            return;
        }

        if (!group.Members.TryGetValue(memberId, out var member) || member.HasSatisfiedHeartbeat) { return; }

        logger.MemberExpired(memberId, group.Id);
        RemoveMember(group, member);
        if (group.State is GroupState.Stable or GroupState.CompletingRebalance)
        {
            PrepareRebalance(group, "a member's session expired");
        }
        else if (group.State == GroupState.PreparingRebalance && group.AllJoined)
        {
            CompleteJoin(group);
        }
    }

    /// <summary>A member that waits is told that it is unknown, so that it joins anew if it still lives.</summary>
    private void RemoveMember(Group group, GroupMember member)
    {
        deadlines.Cancel(SessionKey(group, member.Id));
        member.AnswerJoin(new JoinGroupResponse { Error = ErrorCode.UnknownMemberId });
        member.AnswerSync(new SyncGroupResponse { Error = ErrorCode.UnknownMemberId });
        group.Remove(member.Id);
    }

    private void RebalanceOrCompleteJoin(Group group, string reason)
    {
        if (group.State == GroupState.PreparingRebalance) { MaybeCompleteJoin(group); } else { PrepareRebalance(group, reason); }
    }

    private void PrepareRebalance(Group group, string reason)
    {
        if (group.State == GroupState.CompletingRebalance)
        {
            foreach (var member in group.Members.Values)
            {
                member.Assignment = ReadOnlyMemory<byte>.Empty;
                AnswerSync(group, member, ErrorCode.RebalanceInProgress);
            }
        }

        group.PendingSyncs.Clear();
        deadlines.Cancel(SyncKey(group));
        var initial = group.State == GroupState.Empty;
        group.TransitionTo(GroupState.PreparingRebalance, deadlines.NowMs);
        counts.CountRebalance();
        logger.RebalancePrepared(group.Id, group.Generation, reason);
        if (initial)
        {
            group.NewMemberAdded = false;
            var delay = options.InitialRebalanceDelay;
            var left = TimeSpan.FromMilliseconds(group.RebalanceTimeoutMs) - delay;
            deadlines.Schedule(JoinKey(group), delay, () => CompleteInitialJoin(group, delay, left));
        }
        else if (group.AllJoined)
        {
            CompleteJoin(group);
        }
        else
        {
            ScheduleJoinEnd(group);
        }
    }

    private void ScheduleJoinEnd(Group group) =>
        deadlines.Schedule(JoinKey(group), TimeSpan.FromMilliseconds(group.RebalanceTimeoutMs), () => CompleteJoin(group));

    /// <summary>The first rebalance of an empty group waits as long as members keep coming, up to the rebalance timeout.</summary>
    private void CompleteInitialJoin(Group group, TimeSpan waited, TimeSpan left)
    {
        if (!group.NewMemberAdded || left <= TimeSpan.Zero)
        {
            CompleteJoin(group);
            return;
        }

        group.NewMemberAdded = false;
        var delay = options.InitialRebalanceDelay < left ? options.InitialRebalanceDelay : left;
        deadlines.Schedule(JoinKey(group), delay, () => CompleteInitialJoin(group, delay, left - waited));
    }

    private void MaybeCompleteJoin(Group group)
    {
        if (group.State == GroupState.PreparingRebalance && group.PreviousState != GroupState.Empty && group.AllJoined)
        {
            CompleteJoin(group);
        }
    }

    private void CompleteJoin(Group group)
    {
        if (group.State != GroupState.PreparingRebalance) { return; }

        deadlines.Cancel(JoinKey(group));
        foreach (var late in group.Members.Values.Where(member => member.AwaitingJoin is null && member.InstanceId is null).ToList())
        {
            logger.MemberDidNotRejoin(late.Id, group.Id);
            RemoveMember(group, late);
        }

        // Only static members are left and none is back: wait on, until their sessions end or one comes.
        if (!group.ElectJoinedLeader() && group.Members.Count > 0)
        {
            ScheduleJoinEnd(group);
            return;
        }

        group.StartNextGeneration(deadlines.NowMs);
        if (group.State == GroupState.Empty)
        {
            // Losing this record is safe: the generation before it comes back after a restart, and its members time out.
            Store(group, new Dictionary<string, ReadOnlyMemory<byte>>());
            return;
        }

        foreach (var member in group.Members.Values)
        {
            member.AnswerJoin(CurrentGeneration(group, member.Id, withMembers: group.LeaderId == member.Id));
            StartSession(group, member);
            member.IsNew = false;
            group.PendingSyncs.Add(member.Id);
        }

        var generation = group.Generation;
        deadlines.Schedule(
            SyncKey(group), TimeSpan.FromMilliseconds(group.RebalanceTimeoutMs), () => ExpirePendingSyncs(group, generation));
    }

    private void ExpirePendingSyncs(Group group, int generation)
    {
        if (group.Generation != generation || group.PendingSyncs.Count == 0
            || group.State is not (GroupState.CompletingRebalance or GroupState.Stable))
        {
            return;
        }

        foreach (var memberId in group.PendingSyncs.ToList())
        {
            logger.MemberDidNotSync(memberId, group.Id);
            if (group.Members.TryGetValue(memberId, out var member)) { RemoveMember(group, member); }
        }

        PrepareRebalance(group, "members did not ask for their assignment");
    }

    private static JoinGroupResponse CurrentGeneration(Group group, string memberId, bool withMembers, bool skipAssignment = false) => new()
    {
        MemberId = memberId,
        GenerationId = group.Generation,
        ProtocolType = group.ProtocolType,
        ProtocolName = group.ProtocolName,
        Leader = group.LeaderId ?? string.Empty,
        SkipAssignment = skipAssignment,
        Members = !withMembers ? [] :
        [
            .. group.Members.Values.Select(member => new JoinGroupResponse.Member
            {
                MemberId = member.Id,
                GroupInstanceId = member.InstanceId,
                Metadata = member.Metadata(group.ProtocolName!),
            }),
        ],
    };

    /// <returns>The error of the write, and the offset whose durability makes the record safe.</returns>
    private (ErrorCode Error, long EndOffset) Store(Group group, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> assignments)
    {
        var key = StateRecord.Write(GroupMetadataKey.Written, new GroupMetadataKey { Group = group.Id });
        var value = StateRecord.Write(GroupMetadataValue.Written, group.ToRecord(assignments));
        var result = log.Append([(key, value)], deadlines.NowMs);
        if (result.Error != ErrorCode.None) { logger.GroupNotStored(group.Id, group.Generation, result.Error, result.Message); }
        return (result.Error, result.EndOffset);
    }
}
