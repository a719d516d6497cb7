using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>JoinGroup: new and known members, dynamic and static.</content>
internal sealed partial class GroupCoordinator
{
    private const short FirstVersionRequiringMemberId = 4;
    private const short FirstVersionSkippingAssignment = 9;

    public void Join(
        JoinGroupRequest request, short version, string clientId, string clientHost, TaskCompletionSource<JoinGroupResponse> reply)
    {
        if (request.GroupId.Length == 0)
        {
            Refuse(reply, ErrorCode.InvalidGroupId, request.MemberId);
        }
        else if (request.SessionTimeoutMs < options.MinSessionTimeout.TotalMilliseconds
            || request.SessionTimeoutMs > options.MaxSessionTimeout.TotalMilliseconds)
        {
            Refuse(reply, ErrorCode.InvalidSessionTimeout, request.MemberId);
        }
        else if (request.MemberId.Length > 0 && !_groups.ContainsKey(request.GroupId))
        {
            Refuse(reply, ErrorCode.UnknownMemberId, request.MemberId);
        }
        else
        {
            var group = GetOrAdd(request.GroupId);
            if (!HasRoom(group, request.MemberId))
            {
                group.Remove(request.MemberId);
                Refuse(reply, ErrorCode.GroupMaxSizeReached, string.Empty);
                MaybeCompleteJoin(group);
            }
            else if (!group.SupportsProtocols(request.ProtocolType, request.Protocols))
            {
                Refuse(reply, ErrorCode.InconsistentGroupProtocol, request.MemberId);
            }
            else if (request.MemberId.Length == 0)
            {
                JoinAsNew(group, request, version, clientId, clientHost, reply);
            }
            else
            {
                JoinAsKnown(group, request, clientId, clientHost, reply);
            }
        }
    }

    private static void Refuse(TaskCompletionSource<JoinGroupResponse> reply, ErrorCode error, string memberId) =>
        reply.TrySetResult(new JoinGroupResponse { Error = error, MemberId = memberId });

    /// <summary>
    /// While a group is joining, those who wait are counted rather than the members: when the allowed size shrank, the last to
    /// rejoin are the ones left out.
    /// </summary>
    private bool HasRoom(Group group, string memberId) => group.State switch
    {
        GroupState.Empty => true,
        GroupState.PreparingRebalance =>
            (group.Members.TryGetValue(memberId, out var member) && member.AwaitingJoin is not null)
            || group.AwaitingJoinCount < options.MaxGroupSize,
        _ => group.Members.ContainsKey(memberId) || group.Members.Count < options.MaxGroupSize,
    };

    private void JoinAsNew(
        Group group, JoinGroupRequest request, short version, string clientId, string clientHost,
        TaskCompletionSource<JoinGroupResponse> reply)
    {
        var newId = $"{request.GroupInstanceId ?? clientId}-{Guid.NewGuid()}";
        if (request.GroupInstanceId is { } instanceId)
        {
            if (group.StaticMemberId(instanceId) is { } oldId)
            {
                RejoinStatic(group, request, version, instanceId, oldId, newId, reply);
            }
            else
            {
                AddMember(group, request, newId, clientId, clientHost, reply);
            }
        }
        else if (version >= FirstVersionRequiringMemberId)
        {
            // KIP-394: a client whose answer gets lost must not leave a member behind each time it tries again.
            group.PendingJoins.Add(newId);
            deadlines.Schedule(
                SessionKey(group, newId), TimeSpan.FromMilliseconds(request.SessionTimeoutMs), () => ExpireSession(group, newId));
            Refuse(reply, ErrorCode.MemberIdRequired, newId);
        }
        else
        {
            AddMember(group, request, newId, clientId, clientHost, reply);
        }
    }

    private void JoinAsKnown(
        Group group, JoinGroupRequest request, string clientId, string clientHost, TaskCompletionSource<JoinGroupResponse> reply)
    {
        var memberId = request.MemberId;
        if (group.PendingJoins.Contains(memberId))
        {
            if (request.GroupInstanceId is null)
            {
                AddMember(group, request, memberId, clientId, clientHost, reply);
            }
            else
            {
                // Ids are only reserved for dynamic members.
                Refuse(reply, ErrorCode.UnknownServerError, memberId);
            }

            return;
        }

        if (ValidateMember(group, memberId, request.GroupInstanceId) is var error && error != ErrorCode.None)
        {
            Refuse(reply, error, memberId);
            return;
        }

        var member = group.Members[memberId];
        var unchanged = member.Matches(request.Protocols);
        var isLeader = group.LeaderId == memberId;
        switch (group.State)
        {
            // The answer got lost: the generation is what it was.
            case GroupState.CompletingRebalance when unchanged:
                reply.TrySetResult(CurrentGeneration(group, memberId, withMembers: isLeader));
                break;

            // Only the leader's return may mean that the topics it watches have changed.
            case GroupState.Stable when unchanged && !isLeader:
                reply.TrySetResult(CurrentGeneration(group, memberId, withMembers: false));
                break;

            case GroupState.Empty:
                Refuse(reply, ErrorCode.UnknownMemberId, memberId);
                break;

            default:
                member.Update(request);
                member.ParkJoin(reply);
                RebalanceOrCompleteJoin(group, $"member {memberId} joins again; its reason: {request.Reason ?? "not given"}");
                break;
        }
    }

    private void AddMember(
        Group group, JoinGroupRequest request, string memberId, string clientId, string clientHost,
        TaskCompletionSource<JoinGroupResponse> reply)
    {
        var member = new GroupMember(memberId, request.GroupInstanceId, clientId, clientHost, request.ProtocolType) { IsNew = true };
        member.Update(request);
        if (group is { State: GroupState.PreparingRebalance, PreviousState: GroupState.Empty }) { group.NewMemberAdded = true; }
        group.Add(member);
        member.ParkJoin(reply);

        // Its socket is muted while the join is parked, so a vanished client shows only by this deadline.
        StartSession(group, member, options.NewMemberJoinTimeout);
        RebalanceOrCompleteJoin(group, $"member {memberId} joins; its reason: {request.Reason ?? "not given"}");
    }

    /// <summary>A static member has restarted: the id it had is fenced, its place and assignment stay.</summary>
    private void RejoinStatic(
        Group group, JoinGroupRequest request, short version, string instanceId, string oldId, string newId,
        TaskCompletionSource<JoinGroupResponse> reply)
    {
        var leaderBefore = group.LeaderId;
        var old = group.Members[oldId];
        old.AnswerJoin(new JoinGroupResponse { Error = ErrorCode.FencedInstanceId, MemberId = oldId });
        old.AnswerSync(new SyncGroupResponse { Error = ErrorCode.FencedInstanceId });
        deadlines.Cancel(SessionKey(group, oldId));
        var member = group.ReplaceStatic(instanceId, oldId, newId);
        member.Update(request);
        member.ParkJoin(reply);
        StartSession(group, member);
        logger.StaticMemberReplaced(instanceId, group.Id, oldId, newId);

        // While completing, the leader may assign to the old id already, which would leave the new one with nothing.
        if (group.State != GroupState.Stable || group.ProtocolName != group.SelectProtocol())
        {
            RebalanceOrCompleteJoin(group, $"static member {instanceId} rejoins");
            return;
        }

        var (error, endOffset) = Store(group, group.Members.Values.ToDictionary(each => each.Id, each => each.Assignment));
        if (error != ErrorCode.None)
        {
            // The client comes back with its instance id and takes the place again.
            member.AnswerJoin(new JoinGroupResponse { Error = error });
            return;
        }

        var generation = group.Generation;
        log.WhenDurable(endOffset, error =>
        {
            // If a rebalance has begun meanwhile, the parked join is part of it.
            if (group.State != GroupState.Stable || group.Generation != generation || member.AwaitingJoin != reply) { return; }

            var skipAssignment = version >= FirstVersionSkippingAssignment && group.LeaderId == newId;
            var response = error != ErrorCode.None
                ? new JoinGroupResponse { Error = error }
                : CurrentGeneration(group, newId, withMembers: skipAssignment, skipAssignment);

            // Before version 9 the leader hears its old id, so that it does not think it has to assign (KIP-814).
            if (version < FirstVersionSkippingAssignment && error == ErrorCode.None) { response.Leader = leaderBefore ?? string.Empty; }
            member.AnswerJoin(response);
            StartSession(group, member);
        });
    }
}
