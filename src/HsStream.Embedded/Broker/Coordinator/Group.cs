using System.Buffers.Binary;
using System.Text;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

internal enum GroupState
{
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
}

/// <summary>How many groups are in each state, and how often any began to rebalance; written by the actor, read by anyone, a moment old at most.</summary>
internal sealed class GroupCounts
{
    private readonly int[] _counts = new int[Enum.GetValues<GroupState>().Length];

    public int this[GroupState state] => Volatile.Read(ref _counts[(int)state]);

    public long Rebalances { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    public void CountRebalance() => Rebalances++;

    public void Add(GroupState state, int change) => Volatile.Write(ref _counts[(int)state], _counts[(int)state] + change);
}

/// <summary>A group of the classic protocol: its members, their common protocol, and where its rebalance stands. Decides nothing.</summary>
internal sealed class Group
{
    public const string ConsumerProtocolType = "consumer";
    private readonly GroupCounts _counts;
    private readonly Dictionary<string, string> _staticIds = [];

    public Group(string id, GroupCounts counts, long nowMs)
    {
        (Id, _counts, StateSinceMs) = (id, counts, nowMs);
        _counts.Add(State, 1);
    }

    public string Id { get; }

    public GroupState State { get; private set; }

    public GroupState? PreviousState { get; private set; }

    /// <summary>When the state was entered; -1 when the stored record was too old to say.</summary>
    public long StateSinceMs { get; private set; }

    public int Generation { get; private set; }

    /// <summary>Null for a group that only stores offsets.</summary>
    public string? ProtocolType { get; private set; }

    public string? ProtocolName { get; private set; }

    public string? LeaderId { get; private set; }

    /// <summary>In the order they came.</summary>
    public OrderedDictionary<string, GroupMember> Members { get; } = [];

    /// <summary>Member ids given out by MEMBER_ID_REQUIRED that nobody has joined with yet.</summary>
    public HashSet<string> PendingJoins { get; } = [];

    /// <summary>Members of this generation that have not asked for their assignment yet.</summary>
    public HashSet<string> PendingSyncs { get; } = [];

    /// <summary>Topics that consumers of a "consumer" group subscribe to; null when that is not known.</summary>
    public HashSet<string>? SubscribedTopics { get; private set; }

    /// <summary>Somebody joined since the initial delay was last extended.</summary>
    public bool NewMemberAdded { get; set; }

    /// <summary>The generation whose assignments are on their way to the disk; -1 for none.</summary>
    public int StoringGeneration { get; set; } = -1;

    public bool UsesConsumerProtocol => ProtocolType == ConsumerProtocolType;

    public bool AllJoined => PendingJoins.Count == 0 && Members.Values.All(member => member.AwaitingJoin is not null);

    public int AwaitingJoinCount => Members.Values.Count(member => member.AwaitingJoin is not null);

    public int RebalanceTimeoutMs => Members.Values.Select(member => member.RebalanceTimeoutMs).DefaultIfEmpty(0).Max();

    /// <summary>Without knowing the subscriptions of a consumer group, every topic counts as subscribed.</summary>
    public bool IsSubscribedTo(string topic) => SubscribedTopics?.Contains(topic) ?? UsesConsumerProtocol;

    public string? StaticMemberId(string instanceId) => _staticIds.GetValueOrDefault(instanceId);

    /// <summary>Makes the group forgotten by the counts; nothing else may be done with it afterwards.</summary>
    public void Forget() => _counts.Add(State, -1);

    public void TransitionTo(GroupState state, long nowMs)
    {
        _counts.Add(State, -1);
        _counts.Add(state, 1);
        (PreviousState, State, StateSinceMs) = (State, state, nowMs);
    }

    public bool SupportsProtocols(string protocolType, IReadOnlyList<JoinGroupRequest.Protocol> protocols) =>
        State == GroupState.Empty
            ? protocolType.Length > 0 && protocols.Count > 0
            : ProtocolType == protocolType && protocols.Any(protocol => SupportedByAll(protocol.Name));

    public void Add(GroupMember member)
    {
        if (Members.Count == 0) { ProtocolType = member.ProtocolType; }
        if (member.InstanceId is { } instanceId) { _staticIds[instanceId] = member.Id; }
        LeaderId ??= member.Id;
        Members[member.Id] = member;
        PendingJoins.Remove(member.Id);
    }

    public void Remove(string memberId)
    {
        if (Members.Remove(memberId, out var removed) && removed.InstanceId is { } instanceId) { _staticIds.Remove(instanceId); }
        if (LeaderId == memberId) { LeaderId = Members.Count > 0 ? Members.GetAt(0).Key : null; }
        PendingJoins.Remove(memberId);
        PendingSyncs.Remove(memberId);
    }

    /// <summary>A restarted static member takes over its own place under a new id.</summary>
    public GroupMember ReplaceStatic(string instanceId, string oldId, string newId)
    {
        var index = Members.IndexOf(oldId);
        var renewed = Members[oldId].Renamed(newId);
        Members.RemoveAt(index);
        Members.Insert(index, newId, renewed);
        if (LeaderId == oldId) { LeaderId = newId; }
        if (PendingSyncs.Remove(oldId)) { PendingSyncs.Add(newId); }
        _staticIds[instanceId] = newId;
        return renewed;
    }

    /// <summary>Keeps the leader if it has rejoined, else takes the first member that has.</summary>
    /// <returns>False when nobody has.</returns>
    public bool ElectJoinedLeader()
    {
        if (LeaderId is null) { return false; }
        if (Members[LeaderId].AwaitingJoin is not null) { return true; }
        if (Members.Values.FirstOrDefault(member => member.AwaitingJoin is not null) is not { } joined) { return false; }
        LeaderId = joined.Id;
        return true;
    }

    public void StartNextGeneration(long nowMs)
    {
        Generation++;
        ProtocolName = Members.Count > 0 ? SelectProtocol() : null;
        SubscribedTopics = ReadSubscriptions();
        PendingSyncs.Clear();
        TransitionTo(Members.Count > 0 ? GroupState.CompletingRebalance : GroupState.Empty, nowMs);
    }

    /// <summary>The protocol most members prefer among those that all support.</summary>
    public string SelectProtocol() =>
        Members.Values
            .Select(member => member.Protocols.First(protocol => SupportedByAll(protocol.Name)).Name)
            .CountBy(name => name)
            .MaxBy(votes => votes.Value).Key;

    public void Restore(GroupMetadataValue stored)
    {
        TransitionTo(stored.Members.Count > 0 ? GroupState.Stable : GroupState.Empty, stored.StateTimestampMs);
        PreviousState = null;
        Generation = stored.Generation;
        ProtocolName = stored.Protocol;
        LeaderId = stored.Leader;
        foreach (var member in stored.Members) { Add(GroupMember.Restored(member, stored)); }
        ProtocolType = stored.ProtocolType.Length > 0 ? stored.ProtocolType : null;
        SubscribedTopics = ReadSubscriptions();
    }

    /// <param name="assignments">By member id; a member without one is stored with none.</param>
    public GroupMetadataValue ToRecord(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> assignments) => new()
    {
        ProtocolType = ProtocolType ?? string.Empty,
        Generation = Generation,
        Protocol = ProtocolName,
        Leader = LeaderId,
        StateTimestampMs = StateSinceMs,
        Members = [.. Members.Values.Select(member => member.ToRecord(ProtocolName!, assignments.GetValueOrDefault(member.Id)))],
    };

    private bool SupportedByAll(string protocol) => Members.Values.All(member => member.Supports(protocol));

    /// <summary>
    /// Reads the subscriptions as version 0 of Kafka's consumer protocol, with which every version starts: int16 version, array of
    /// topic names, nullable user data.
    /// </summary>
    private HashSet<string>? ReadSubscriptions()
    {
        if (!UsesConsumerProtocol) { return null; }

        var topics = new HashSet<string>();
        foreach (var member in Members.Values)
        {
            if (ProtocolName is null || !TryReadTopics(member.Metadata(ProtocolName).Span, topics)) { return null; }
        }

        return topics;
    }

    private static bool TryReadTopics(ReadOnlySpan<byte> bytes, HashSet<string> topics)
    {
        if (bytes.Length < 6 || BinaryPrimitives.ReadInt16BigEndian(bytes) < 0) { return false; }

        var count = BinaryPrimitives.ReadInt32BigEndian(bytes[2..]);
        bytes = bytes[6..];
        for (; count > 0; count--)
        {
            if (bytes.Length < 2) { return false; }

            int length = BinaryPrimitives.ReadInt16BigEndian(bytes);
            if (length < 0 || length > bytes.Length - 2) { return false; }

            topics.Add(Encoding.UTF8.GetString(bytes.Slice(2, length)));
            bytes = bytes[(2 + length)..];
        }

        return true;
    }
}
