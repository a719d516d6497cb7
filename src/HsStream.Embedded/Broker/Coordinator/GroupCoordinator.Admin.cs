using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>What administrators see of groups, and their end.</content>
internal sealed partial class GroupCoordinator
{
    private const string Dead = "Dead";

    public ListGroupsResponse List(ListGroupsRequest request)
    {
        var states = request.StatesFilter.Select(state => state.Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var classic = request.TypesFilter.Count == 0 || request.TypesFilter.Contains("classic", StringComparer.OrdinalIgnoreCase);
        return new ListGroupsResponse
        {
            Groups =
            [
                .. _groups.Values
                    .Where(group => classic && (states.Count == 0 || states.Contains(group.State.ToString())))
                    .Select(group => new ListGroupsResponse.Group
                    {
                        GroupId = group.Id, ProtocolType = group.ProtocolType ?? string.Empty, State = group.State.ToString(),
                    }),
            ],
        };
    }

    public DescribeGroupsResponse Describe(DescribeGroupsRequest request)
    {
        var response = new DescribeGroupsResponse { Groups = [.. request.Groups.Select(Describe)] };
        if (request.IncludeAuthorizedOperations)
        {
            foreach (var group in response.Groups) { group.AuthorizedOperations = AuthorizedOperations.OnGroup; }
        }

        return response;
    }

    /// <summary>A group without members may go; NONE, NON_EMPTY_GROUP or GROUP_ID_NOT_FOUND.</summary>
    public ErrorCode ValidateDelete(string groupId) => Find(groupId) switch
    {
        null => ErrorCode.GroupIdNotFound,
        { State: GroupState.Empty } => ErrorCode.None,
        _ => ErrorCode.NonEmptyGroup,
    };

    public static (ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value) Tombstone(string groupId) =>
        (StateRecord.Write(GroupMetadataKey.Written, new GroupMetadataKey { Group = groupId }), null);

    /// <summary>Forgets a group whose tombstone is written.</summary>
    public void Remove(string groupId)
    {
        if (!_groups.Remove(groupId, out var group)) { return; }

        foreach (var memberId in group.PendingJoins) { deadlines.Cancel(SessionKey(group, memberId)); }
        group.Forget();
    }

    private DescribeGroupsResponse.Group Describe(string groupId)
    {
        if (Find(groupId) is not { } group) { return new DescribeGroupsResponse.Group { GroupId = groupId, State = Dead }; }

        var stable = group.State == GroupState.Stable;
        return new DescribeGroupsResponse.Group
        {
            GroupId = groupId,
            State = group.State.ToString(),
            ProtocolType = group.ProtocolType ?? string.Empty,
            ProtocolName = stable ? group.ProtocolName ?? string.Empty : string.Empty,
            Members =
            [
                .. group.Members.Values.Select(member => new DescribeGroupsResponse.Member
                {
                    MemberId = member.Id,
                    GroupInstanceId = member.InstanceId,
                    ClientId = member.ClientId,
                    ClientHost = member.ClientHost,
                    Metadata = stable ? member.Metadata(group.ProtocolName!) : ReadOnlyMemory<byte>.Empty,
                    Assignment = member.Assignment,
                }),
            ],
        };
    }
}
