using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>A member with the request of it that waits for an answer, if any. Owns copies of all bytes it holds.</summary>
internal sealed class GroupMember(string id, string? instanceId, string clientId, string clientHost, string protocolType)
{
    public string Id => id;

    /// <summary>Not null for a static member, which keeps its place while it restarts.</summary>
    public string? InstanceId => instanceId;

    public string ClientId => clientId;

    public string ClientHost => clientHost;

    public string ProtocolType => protocolType;

    public int RebalanceTimeoutMs { get; private set; }

    public int SessionTimeoutMs { get; private set; }

    /// <summary>By preference, best first.</summary>
    public IReadOnlyList<JoinGroupRequest.Protocol> Protocols { get; private set; } = [];

    public ReadOnlyMemory<byte> Assignment { get; set; }

    /// <summary>Its first join is not answered yet, so it does not know its id and cannot send heartbeats.</summary>
    public bool IsNew { get; set; }

    public TaskCompletionSource<JoinGroupResponse>? AwaitingJoin { get; private set; }

    public TaskCompletionSource<SyncGroupResponse>? AwaitingSync { get; private set; }

    /// <summary>A member that waits for the others cannot be expected to send heartbeats.</summary>
    public bool HasSatisfiedHeartbeat => !IsNew && (AwaitingJoin is not null || AwaitingSync is not null);

    public static GroupMember Restored(GroupMetadataValue.Member stored, GroupMetadataValue group) =>
        new(stored.MemberId, stored.InstanceId, stored.ClientId, stored.ClientHost, group.ProtocolType)
        {
            SessionTimeoutMs = stored.SessionTimeoutMs,
            RebalanceTimeoutMs = stored.RebalanceTimeoutMs >= 0 ? stored.RebalanceTimeoutMs : stored.SessionTimeoutMs,
            Protocols = [new JoinGroupRequest.Protocol { Name = group.Protocol ?? string.Empty, Metadata = stored.Subscription.ToArray() }],
            Assignment = stored.Assignment.ToArray(),
        };

    public bool Supports(string protocol) => Protocols.Any(supported => supported.Name == protocol);

    public ReadOnlyMemory<byte> Metadata(string protocol) =>
        Protocols.FirstOrDefault(supported => supported.Name == protocol)?.Metadata ?? ReadOnlyMemory<byte>.Empty;

    public bool Matches(IReadOnlyList<JoinGroupRequest.Protocol> protocols) =>
        protocols.Count == Protocols.Count
        && protocols.Zip(Protocols).All(pair =>
            pair.First.Name == pair.Second.Name && pair.First.Metadata.Span.SequenceEqual(pair.Second.Metadata.Span));

    public void Update(JoinGroupRequest request)
    {
        SessionTimeoutMs = request.SessionTimeoutMs;
        RebalanceTimeoutMs = request.RebalanceTimeoutMs >= 0 ? request.RebalanceTimeoutMs : request.SessionTimeoutMs;

        // The request's bytes belong to its connection.
        Protocols =
        [
            .. request.Protocols.Select(protocol =>
                new JoinGroupRequest.Protocol { Name = protocol.Name, Metadata = protocol.Metadata.ToArray() }),
        ];
    }

    public GroupMember Renamed(string newId) => new(newId, instanceId, clientId, clientHost, protocolType)
    {
        RebalanceTimeoutMs = RebalanceTimeoutMs,
        SessionTimeoutMs = SessionTimeoutMs,
        Protocols = Protocols,
        Assignment = Assignment,
    };

    /// <summary>Parks a join; one that waits already (the client sent it again) is told to join again.</summary>
    public void ParkJoin(TaskCompletionSource<JoinGroupResponse> reply)
    {
        AnswerJoin(new JoinGroupResponse { Error = ErrorCode.RebalanceInProgress, MemberId = id });
        AwaitingJoin = reply;
    }

    public void ParkSync(TaskCompletionSource<SyncGroupResponse> reply)
    {
        AnswerSync(new SyncGroupResponse { Error = ErrorCode.RebalanceInProgress });
        AwaitingSync = reply;
    }

    public bool AnswerJoin(JoinGroupResponse response)
    {
        var answered = AwaitingJoin?.TrySetResult(response) ?? false;
        AwaitingJoin = null;
        return answered;
    }

    public bool AnswerSync(SyncGroupResponse response)
    {
        var answered = AwaitingSync?.TrySetResult(response) ?? false;
        AwaitingSync = null;
        return answered;
    }

    public GroupMetadataValue.Member ToRecord(string protocol, ReadOnlyMemory<byte> assignment) => new()
    {
        MemberId = id,
        InstanceId = instanceId,
        ClientId = clientId,
        ClientHost = clientHost,
        RebalanceTimeoutMs = RebalanceTimeoutMs,
        SessionTimeoutMs = SessionTimeoutMs,
        Subscription = Metadata(protocol),
        Assignment = assignment,
    };
}
