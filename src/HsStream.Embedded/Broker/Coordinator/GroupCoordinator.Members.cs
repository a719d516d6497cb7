using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>What a member does between joins: SyncGroup, Heartbeat, LeaveGroup, and the right to commit.</content>
internal sealed partial class GroupCoordinator
{
    private const short FirstSyncVersionWithProtocol = 5;
    private const short FirstLeaveVersionWithMembers = 3;

    public void Sync(SyncGroupRequest request, short version, TaskCompletionSource<SyncGroupResponse> reply)
    {
        var group = Find(request.GroupId);
        var error = request.GroupId.Length == 0 ? ErrorCode.InvalidGroupId
            : version >= FirstSyncVersionWithProtocol && (request.ProtocolType is null || request.ProtocolName is null)
                ? ErrorCode.InconsistentGroupProtocol
            : group is null or { State: GroupState.Empty } ? ErrorCode.UnknownMemberId
            : ValidateGeneration(group, request.MemberId, request.GroupInstanceId, request.GenerationId) is var invalid and not ErrorCode.None
                ? invalid
            : (request.ProtocolType ?? group.ProtocolType) != group.ProtocolType
                || (request.ProtocolName ?? group.ProtocolName) != group.ProtocolName ? ErrorCode.InconsistentGroupProtocol
            : group.State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress
            : ErrorCode.None;
        if (error != ErrorCode.None)
        {
            reply.TrySetResult(new SyncGroupResponse { Error = error });
            return;
        }

        var member = group!.Members[request.MemberId];
        group.PendingSyncs.Remove(member.Id);
        if (group.PendingSyncs.Count == 0) { deadlines.Cancel(SyncKey(group)); }
        if (group.State == GroupState.Stable)
        {
            reply.TrySetResult(new SyncGroupResponse
            {
                ProtocolType = group.ProtocolType,
                ProtocolName = group.ProtocolName,
                Assignment = member.Assignment,
            });
            return;
        }

        member.ParkSync(reply);

        // The leader's request sent twice must not store a second assignment behind the one that is on its way.
        if (group.LeaderId == member.Id && group.StoringGeneration != group.Generation) { StoreAssignments(group, request.Assignments); }
    }

    public ErrorCode Heartbeat(HeartbeatRequest request)
    {
        if (request.GroupId.Length == 0) { return ErrorCode.InvalidGroupId; }
        if (Find(request.GroupId) is not { } group) { return ErrorCode.UnknownMemberId; }
        if (ValidateGeneration(group, request.MemberId, request.GroupInstanceId, request.GenerationId) is var error and not ErrorCode.None)
        {
            return error;
        }

        StartSession(group, group.Members[request.MemberId]);
        return group.State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    public LeaveGroupResponse Leave(LeaveGroupRequest request, short version)
    {
        if (request.GroupId.Length == 0) { return new LeaveGroupResponse { Error = ErrorCode.InvalidGroupId }; }

        List<LeaveGroupRequest.Member> leavers = version >= FirstLeaveVersionWithMembers
            ? request.Members
            : [new LeaveGroupRequest.Member { MemberId = request.MemberId }];
        var group = Find(request.GroupId);
        var response = new LeaveGroupResponse();
        foreach (var leaver in leavers)
        {
            response.Members.Add(new LeaveGroupResponse.Member
            {
                MemberId = leaver.MemberId,
                GroupInstanceId = leaver.GroupInstanceId,
                Error = group is null ? ErrorCode.UnknownMemberId : Leave(group, leaver),
            });
        }

        if (group is not null && response.Members.Exists(member => member.Error == ErrorCode.None) && group.State != GroupState.Empty)
        {
            RebalanceOrCompleteJoin(group, "members left");
        }

        // Versions 0 to 2 have one error, that of their only member.
        if (version < FirstLeaveVersionWithMembers) { response.Error = response.Members[0].Error; }
        return response;
    }

    public static ErrorCode ValidateMember(Group group, string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            var known = group.StaticMemberId(instanceId);
            if (known is null) { return ErrorCode.UnknownMemberId; }
            if (known != memberId) { return ErrorCode.FencedInstanceId; }
        }

        return group.Members.ContainsKey(memberId) ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }

    /// <summary>Whether a commit may be accepted, and for a new name whether a group that only stores offsets may come into being.</summary>
    public ErrorCode ValidateCommit(string groupId, string memberId, string? instanceId, int generation, bool transactional)
    {
        if (Find(groupId) is not { } group) { return generation < 0 ? ErrorCode.None : ErrorCode.IllegalGeneration; }

        var anonymous = generation < 0 && memberId.Length == 0 && instanceId is null;
        if (group.State == GroupState.Empty && generation < 0) { return ErrorCode.None; }
        if (anonymous)
        {
            // Transactional commits before version 3 never name a member.
            return transactional || group.State == GroupState.Empty ? ErrorCode.None : ErrorCode.UnknownMemberId;
        }

        return ValidateGeneration(group, memberId, instanceId, generation) is var error and not ErrorCode.None ? error
            : !transactional && group.State == GroupState.CompletingRebalance ? ErrorCode.RebalanceInProgress
            : ErrorCode.None;
    }

    private static ErrorCode ValidateGeneration(Group group, string memberId, string? instanceId, int generation) =>
        ValidateMember(group, memberId, instanceId) is var error and not ErrorCode.None ? error
        : generation != group.Generation ? ErrorCode.IllegalGeneration
        : ErrorCode.None;

    private ErrorCode Leave(Group group, LeaveGroupRequest.Member leaver)
    {
        var memberId = leaver.MemberId;
        if (memberId.Length == 0)
        {
            // An administrator removes a static member by its instance id alone.
            if (leaver.GroupInstanceId is not { } instanceId || group.StaticMemberId(instanceId) is not { } known)
            {
                return ErrorCode.UnknownMemberId;
            }

            memberId = known;
        }
        else if (group.PendingJoins.Remove(memberId))
        {
            deadlines.Cancel(SessionKey(group, memberId));
            return ErrorCode.None;
        }
        else if (ValidateMember(group, memberId, leaver.GroupInstanceId) is var error and not ErrorCode.None)
        {
            return error;
        }

        logger.MemberLeft(memberId, group.Id, leaver.Reason ?? "not given");
        RemoveMember(group, group.Members[memberId]);
        return ErrorCode.None;
    }

    private void StoreAssignments(Group group, List<SyncGroupRequest.Assignment> given)
    {
        var assignments = new Dictionary<string, ReadOnlyMemory<byte>>();
        foreach (var assignment in given) { assignments[assignment.MemberId] = assignment.Bytes.ToArray(); }

        var generation = group.Generation;
        var (error, endOffset) = Store(group, assignments);
        if (error != ErrorCode.None)
        {
            AbandonAssignments(group, error);
            return;
        }

        group.StoringGeneration = generation;
        log.WhenDurable(endOffset, error =>
        {
            if (group.StoringGeneration == generation) { group.StoringGeneration = -1; }

            // Another member may have restarted the rebalance while the record went to the disk.
            if (group.State != GroupState.CompletingRebalance || group.Generation != generation) { return; }

            if (error != ErrorCode.None)
            {
                AbandonAssignments(group, error);
                return;
            }

            group.TransitionTo(GroupState.Stable, deadlines.NowMs);
            foreach (var member in group.Members.Values)
            {
                member.Assignment = assignments.GetValueOrDefault(member.Id);
                AnswerSync(group, member, ErrorCode.None);
            }

            logger.GroupStable(group.Id, generation, group.Members.Count);
        });
    }

    private void AbandonAssignments(Group group, ErrorCode error)
    {
        foreach (var member in group.Members.Values)
        {
            member.Assignment = ReadOnlyMemory<byte>.Empty;
            AnswerSync(group, member, error);
        }

        PrepareRebalance(group, $"the assignments could not be stored: {error}");
    }

    /// <summary>A session that ended while its member was waiting here was let pass, so it starts again now.</summary>
    private void AnswerSync(Group group, GroupMember member, ErrorCode error)
    {
        var response = error != ErrorCode.None
            ? new SyncGroupResponse { Error = error }
            : new SyncGroupResponse { ProtocolType = group.ProtocolType, ProtocolName = group.ProtocolName, Assignment = member.Assignment };
        if (member.AnswerSync(response)) { StartSession(group, member); }
    }
}
