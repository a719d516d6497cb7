using System.Buffers.Binary;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>A member of a group as a client library acts it, one request at a time.</summary>
internal sealed class Consumer(CoordinatorRig rig, string group = "g", string? instance = null, short joinVersion = 9)
{
    public string MemberId { get; set; } = string.Empty;

    public int Generation { get; set; } = -1;

    public int SessionTimeoutMs { get; init; } = 10_000;

    public int RebalanceTimeoutMs { get; init; } = 60_000;

    public string ProtocolType { get; init; } = "consumer";

    /// <summary>Name and metadata, best first.</summary>
    public (string Name, byte[] Metadata)[] Protocols { get; set; } = [("range", Subscription("t"))];

    /// <summary>Version 0 of Kafka's consumer protocol.</summary>
    public static byte[] Subscription(params string[] topics)
    {
        var bytes = new List<byte> { 0, 0 };
        var count = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(count, topics.Length);
        bytes.AddRange(count);
        foreach (var topic in topics) { bytes.AddRange([0, (byte)topic.Length, .. CoordinatorRig.Bytes(topic)]); }
        bytes.AddRange([255, 255, 255, 255]);
        return [.. bytes];
    }

    public Task<JoinGroupResponse> Join() => rig.Coordinator.JoinGroupAsync(
        new JoinGroupRequest
        {
            GroupId = group,
            MemberId = MemberId,
            GroupInstanceId = instance,
            SessionTimeoutMs = SessionTimeoutMs,
            RebalanceTimeoutMs = RebalanceTimeoutMs,
            ProtocolType = ProtocolType,
            Protocols = [.. Protocols.Select(protocol => new JoinGroupRequest.Protocol { Name = protocol.Name, Metadata = protocol.Metadata })],
        },
        joinVersion, "client", "/127.0.0.1");

    /// <summary>Joins, going through the reservation of an id where that is asked for; the join may be parked.</summary>
    public Task<JoinGroupResponse> Enter()
    {
        if (MemberId.Length == 0 && instance is null && joinVersion >= 4)
        {
            var reserved = rig.Answer(Join());
            Assert.Equal(ErrorCode.MemberIdRequired, reserved.Error);
            MemberId = reserved.MemberId;
        }

        return Join();
    }

    /// <summary>Takes over id and generation from an answered join.</summary>
    public JoinGroupResponse Joined(Task<JoinGroupResponse> join)
    {
        var response = rig.Answer(join);
        Assert.Equal(ErrorCode.None, response.Error);
        (MemberId, Generation) = (response.MemberId, response.GenerationId);
        return response;
    }

    public Task<SyncGroupResponse> Sync(params (string Member, string Assignment)[] assignments) => rig.Coordinator.SyncGroupAsync(
        new SyncGroupRequest
        {
            GroupId = group,
            MemberId = MemberId,
            GroupInstanceId = instance,
            GenerationId = Generation,
            ProtocolType = ProtocolType,
            ProtocolName = Protocols[0].Name,
            Assignments = [.. assignments.Select(each => new SyncGroupRequest.Assignment { MemberId = each.Member, Bytes = CoordinatorRig.Bytes(each.Assignment) })],
        },
        5);

    public ErrorCode Heartbeat() => rig.Answer(rig.Coordinator.HeartbeatAsync(
        new HeartbeatRequest { GroupId = group, MemberId = MemberId, GroupInstanceId = instance, GenerationId = Generation })).Error;

    public ErrorCode Leave() => rig.Answer(rig.Coordinator.LeaveGroupAsync(
        new LeaveGroupRequest { GroupId = group, Members = [new LeaveGroupRequest.Member { MemberId = MemberId, GroupInstanceId = instance }] }, 4))
        .Members[0].Error;

    /// <summary>Alone in its group: joins and assigns everything to itself.</summary>
    public void JoinAlone(string assignment = "all")
    {
        Joined(Enter());
        Assert.Equal(ErrorCode.None, rig.Answer(Sync((MemberId, assignment))).Error);
    }

    public Task<OffsetCommitResponse> Commit(long offset, string topic = "t", int partition = 0, string? metadata = null, int leaderEpoch = -1) =>
        rig.Coordinator.OffsetCommitAsync(new OffsetCommitRequest
        {
            GroupId = group,
            MemberId = MemberId,
            GroupInstanceId = instance,
            GenerationId = Generation,
            Topics =
            [
                new OffsetCommitRequest.TopicData
                {
                    Name = topic,
                    Partitions =
                    [
                        new OffsetCommitRequest.PartitionData { Partition = partition, Offset = offset, Metadata = metadata, LeaderEpoch = leaderEpoch },
                    ],
                },
            ],
        });

    public OffsetFetchResponse.PartitionResult Fetch(string topic = "t", int partition = 0, bool requireStable = false) =>
        rig.Answer(rig.Coordinator.OffsetFetchAsync(new OffsetFetchRequest
        {
            RequireStable = requireStable,
            Groups = [new OffsetFetchRequest.Group { GroupId = group, Topics = [new OffsetFetchRequest.TopicData { Name = topic, Partitions = [partition] }] }],
        })).Groups[0].Topics[0].Partitions[0];

    public List<OffsetFetchResponse.TopicResult> FetchAll() =>
        rig.Answer(rig.Coordinator.OffsetFetchAsync(new OffsetFetchRequest { Groups = [new OffsetFetchRequest.Group { GroupId = group }] })).Groups[0].Topics;
}

internal static class CommitResponses
{
    public static ErrorCode Error(this OffsetCommitResponse response) => response.Topics[0].Partitions[0].Error;
}
