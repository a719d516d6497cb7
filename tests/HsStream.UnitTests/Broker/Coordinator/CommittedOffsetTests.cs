using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

public sealed class CommittedOffsetTests
{
    private readonly CoordinatorRig _rig = new();
    private readonly Consumer _consumer;

    public CommittedOffsetTests()
    {
        _rig.CreateTopic("t", 2);
        _consumer = new Consumer(_rig);
    }

    [Fact]
    public void A_committed_offset_comes_back_with_metadata_and_leader_epoch()
    {
        Assert.Equal(ErrorCode.None, _rig.Answer(_consumer.Commit(7, metadata: "note", leaderEpoch: 3)).Error());
        var fetched = _consumer.Fetch();
        Assert.Equal((7, 3, "note", ErrorCode.None), (fetched.Offset, fetched.LeaderEpoch, fetched.Metadata, fetched.Error));
        var missing = _consumer.Fetch(partition: 1);
        Assert.Equal((-1, -1, "", ErrorCode.None), (missing.Offset, missing.LeaderEpoch, missing.Metadata, missing.Error));
        Assert.Equal("t", Assert.Single(_consumer.FetchAll()).Name);
    }

    [Fact]
    public async Task An_offset_counts_and_is_answered_only_when_it_is_durable()
    {
        var commits = Enumerable.Range(0, 50).Select(offset => _consumer.Commit(offset)).ToList();
        _rig.Coordinator.Drain();
        Assert.All(commits, commit => Assert.False(commit.IsCompleted));
        var fetch = _rig.Coordinator.OffsetFetchAsync(new OffsetFetchRequest { Groups = [new OffsetFetchRequest.Group { GroupId = "g" }] });
        _rig.Coordinator.Drain();
        Assert.Empty((await fetch).Groups[0].Topics);

        _rig.Flush();
        _rig.Coordinator.Drain();
        Assert.All(commits, commit => Assert.True(commit.IsCompleted));
        Assert.Equal(49, _consumer.Fetch().Offset);
    }

    [Fact]
    public void A_client_that_requires_stable_offsets_waits_for_commits_on_their_way()
    {
        var commit = _consumer.Commit(5);
        var fetch = _rig.Coordinator.OffsetFetchAsync(
            new OffsetFetchRequest { RequireStable = true, Groups = [new OffsetFetchRequest.Group { GroupId = "g" }] });
        _rig.Coordinator.Drain();
        Assert.False(fetch.IsCompleted);
        Assert.Equal(5, _rig.Answer(fetch).Groups[0].Topics[0].Partitions[0].Offset);
        Assert.True(commit.IsCompleted);
    }

    [Fact]
    public void Partitions_that_do_not_exist_are_named_and_the_others_committed()
    {
        OffsetCommitRequest.PartitionData At(int partition) => new() { Partition = partition, Offset = 1 };
        var response = _rig.Answer(_rig.Coordinator.OffsetCommitAsync(new OffsetCommitRequest
        {
            GroupId = "g",
            Topics = [new() { Name = "missing", Partitions = [At(0)] }, new() { Name = "t", Partitions = [At(2), At(1), At(-1)] }],
        }));
        Assert.Equal([ErrorCode.UnknownTopicOrPartition], response.Topics[0].Partitions.Select(partition => partition.Error));
        Assert.Equal(
            [ErrorCode.UnknownTopicOrPartition, ErrorCode.None, ErrorCode.UnknownTopicOrPartition],
            response.Topics[1].Partitions.Select(partition => partition.Error));
        Assert.Equal(1, _consumer.Fetch(partition: 1).Offset);
    }

    [Fact]
    public void Commits_are_checked_against_membership()
    {
        _consumer.Generation = 1;
        Assert.Equal(ErrorCode.IllegalGeneration, _rig.Answer(_consumer.Commit(1)).Error());
        _consumer.Joined(_consumer.Enter());
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Answer(_consumer.Commit(1)).Error());
        _rig.Answer(_consumer.Sync());
        Assert.Equal(ErrorCode.None, _rig.Answer(_consumer.Commit(1)).Error());
        _consumer.Generation++;
        Assert.Equal(ErrorCode.IllegalGeneration, _rig.Answer(_consumer.Commit(1)).Error());
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Answer(new Consumer(_rig) { MemberId = "nobody", Generation = 1 }.Commit(1)).Error());
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Answer(new Consumer(_rig).Commit(1)).Error());
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Answer(new Consumer(_rig, instance: "i") { MemberId = _consumer.MemberId, Generation = 1 }.Commit(1)).Error());
    }

    [Fact]
    public void Metadata_beyond_4096_characters_is_refused()
    {
        Assert.Equal(ErrorCode.None, _rig.Answer(_consumer.Commit(1, metadata: new string('m', 4096))).Error());
        Assert.Equal(ErrorCode.OffsetMetadataTooLarge, _rig.Answer(_consumer.Commit(2, metadata: new string('m', 4097))).Error());
        Assert.Equal(1, _consumer.Fetch().Offset);
    }

    [Fact]
    public void A_commit_keeps_its_member_alive()
    {
        _consumer.JoinAlone();
        _rig.Advance(TimeSpan.FromSeconds(9));
        _rig.Answer(_consumer.Commit(1));
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, _consumer.Heartbeat());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Groups_and_offsets_come_back_after_a_restart_with_fresh_sessions(bool lossOfPower)
    {
        _consumer.JoinAlone("mine");
        _rig.Answer(_consumer.Commit(42, metadata: "m", leaderEpoch: 2));
        _rig.Advance(TimeSpan.FromSeconds(9));
        if (lossOfPower) { _rig.LosePower(0); } else { _rig.Kill(); }

        var group = _rig.Answer(_rig.Coordinator.DescribeGroupsAsync(new DescribeGroupsRequest { Groups = ["g"] })).Groups[0];
        Assert.Equal(("Stable", "consumer", "range"), (group.State, group.ProtocolType, group.ProtocolName));
        Assert.Equal(("client", "/127.0.0.1", "mine"), (group.Members[0].ClientId, group.Members[0].ClientHost, CoordinatorRig.Text(group.Members[0].Assignment)));
        var fetched = _consumer.Fetch();
        Assert.Equal((42, 2, "m"), (fetched.Offset, fetched.LeaderEpoch, fetched.Metadata));
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, _consumer.Heartbeat());
        Assert.Equal("mine", CoordinatorRig.Text(_rig.Answer(_consumer.Sync()).Assignment));
        _rig.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(ErrorCode.UnknownMemberId, _consumer.Heartbeat());
    }

    [Fact]
    public void A_member_that_does_not_come_back_after_a_restart_is_removed_after_a_session()
    {
        _consumer.JoinAlone();
        _rig.Kill();
        Assert.Equal(1, _rig.Coordinator.GroupCounts[GroupState.Stable]);
        _rig.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, _rig.Coordinator.GroupCounts[GroupState.Empty]);
    }

    [Fact]
    public void An_empty_group_comes_back_empty_in_its_generation()
    {
        _consumer.JoinAlone();
        _consumer.Leave();
        _rig.Settle();
        _rig.Kill();
        _consumer.MemberId = string.Empty;
        Assert.Equal(3, _consumer.Joined(_consumer.Enter()).GenerationId);
    }

    [Fact]
    public void Offsets_of_subscribed_topics_cannot_be_deleted_and_others_can()
    {
        _rig.CreateTopic("u");
        _consumer.JoinAlone();
        _rig.Answer(_consumer.Commit(1));
        _rig.Answer(_consumer.Commit(1, topic: "u"));
        var response = DeleteOffsets("g", "t", "u", "missing");
        Assert.Equal(
            [ErrorCode.GroupSubscribedToTopic, ErrorCode.None, ErrorCode.UnknownTopicOrPartition],
            response.Topics.Select(topic => topic.Partitions[0].Error));
        Assert.Equal((1, -1), (_consumer.Fetch().Offset, _consumer.Fetch(topic: "u").Offset));
        _rig.Kill();
        Assert.Equal((1, -1), (_consumer.Fetch().Offset, _consumer.Fetch(topic: "u").Offset));
        Assert.Equal(ErrorCode.GroupIdNotFound, DeleteOffsets("other", "t").Error);
        Assert.Equal(ErrorCode.InvalidGroupId, DeleteOffsets("", "t").Error);
        new Consumer(_rig, "connect") { ProtocolType = "connect" }.JoinAlone();
        Assert.Equal(ErrorCode.NonEmptyGroup, DeleteOffsets("connect", "t").Error);
    }

    [Fact]
    public void Only_empty_groups_can_be_deleted_and_their_offsets_go_with_them()
    {
        _consumer.JoinAlone();
        _rig.Answer(_consumer.Commit(1));
        Assert.Equal([ErrorCode.NonEmptyGroup, ErrorCode.GroupIdNotFound], DeleteGroups("g", "other"));
        _consumer.Leave();
        Assert.Equal([ErrorCode.None], DeleteGroups("g", "g"));
        Assert.Equal(-1, _consumer.Fetch().Offset);
        _rig.Kill();
        Assert.Equal(-1, _consumer.Fetch().Offset);
        Assert.Empty(_rig.Answer(_rig.Coordinator.ListGroupsAsync(new ListGroupsRequest())).Groups);
    }

    [Fact]
    public void A_commit_on_its_way_to_the_disk_does_not_survive_the_deletion_behind_it()
    {
        var commit = _consumer.Commit(1);
        var deletion = _rig.Coordinator.DeleteGroupsAsync(new DeleteGroupsRequest { Groups = ["g"] });
        Assert.Equal(ErrorCode.None, _rig.Answer(deletion).Groups[0].Error);
        Assert.True(commit.IsCompleted);
        Assert.Equal(-1, _consumer.Fetch().Offset);
        _rig.Kill();
        Assert.Equal(-1, _consumer.Fetch().Offset);
    }

    [Fact]
    public void Offsets_of_a_deleted_topic_go_with_it()
    {
        _rig.CreateTopic("u");
        _rig.Answer(_consumer.Commit(1));
        _rig.Answer(_consumer.Commit(2, topic: "u"));
        _rig.DeleteTopic("t");
        _rig.Settle();
        Assert.Equal((-1, 2), (_consumer.Fetch().Offset, _consumer.Fetch(topic: "u").Offset));
        _rig.Kill();
        Assert.Equal((-1, 2), (_consumer.Fetch().Offset, _consumer.Fetch(topic: "u").Offset));
    }

    [Fact]
    public void Offsets_of_a_group_that_never_joined_expire_by_their_own_age_and_the_group_with_them()
    {
        _rig.Answer(_consumer.Commit(1));
        _rig.Advance(TimeSpan.FromDays(4));
        _rig.Answer(_consumer.Commit(2, partition: 1));
        _rig.Advance(TimeSpan.FromDays(3.1));
        Assert.Equal((-1, 2), (_consumer.Fetch().Offset, _consumer.Fetch(partition: 1).Offset));
        _rig.Advance(TimeSpan.FromDays(4));
        Assert.Empty(_rig.Answer(_rig.Coordinator.ListGroupsAsync(new ListGroupsRequest())).Groups);
        _rig.Kill();
        Assert.Empty(_rig.Answer(_rig.Coordinator.ListGroupsAsync(new ListGroupsRequest())).Groups);
    }

    [Fact]
    public void Offsets_of_a_group_that_emptied_expire_by_the_time_since()
    {
        _consumer.JoinAlone();
        _rig.Answer(_consumer.Commit(1));
        _rig.Advance(TimeSpan.FromSeconds(5));
        _consumer.Leave();
        _rig.Advance(TimeSpan.FromDays(6.9));
        Assert.Equal(1, _consumer.Fetch().Offset);
        _rig.Advance(TimeSpan.FromDays(0.2));
        Assert.Equal(-1, _consumer.Fetch().Offset);
    }

    [Fact]
    public void A_live_consumer_keeps_the_offsets_of_what_it_subscribes_to_and_loses_those_of_the_rest()
    {
        _rig.CreateTopic("u");
        var consumer = new Consumer(_rig) { SessionTimeoutMs = 1_800_000 };
        consumer.JoinAlone();
        _rig.Answer(consumer.Commit(1));
        _rig.Answer(consumer.Commit(1, topic: "u"));
        for (var age = TimeSpan.Zero; age < TimeSpan.FromDays(7.1); age += TimeSpan.FromMinutes(29))
        {
            _rig.Advance(TimeSpan.FromMinutes(29));
            Assert.Equal(ErrorCode.None, consumer.Heartbeat());
        }

        Assert.Equal((1, -1), (consumer.Fetch().Offset, consumer.Fetch(topic: "u").Offset));
    }

    [Fact]
    public void The_retention_that_a_client_chose_is_kept()
    {
        var request = new OffsetCommitRequest
        {
            GroupId = "g",
            RetentionTimeMs = 3_600_000,
            Topics = [new() { Name = "t", Partitions = [new() { Offset = 9, LeaderEpoch = 4 }] }],
        };
        Assert.Equal(ErrorCode.None, _rig.Answer(_rig.Coordinator.OffsetCommitAsync(request)).Error());
        _rig.Kill();
        _rig.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal(9, _consumer.Fetch().Offset);
        _rig.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(-1, _consumer.Fetch().Offset);
    }

    [Fact]
    public void Groups_are_listed_by_state_whatever_its_case_and_an_unknown_one_is_described_as_dead()
    {
        _consumer.JoinAlone();
        _rig.Answer(new Consumer(_rig, "simple").Commit(1));
        IEnumerable<string> List(params string[] states) =>
            _rig.Answer(_rig.Coordinator.ListGroupsAsync(new ListGroupsRequest { StatesFilter = [.. states] })).Groups.Select(group => group.GroupId);
        Assert.Equal(["g", "simple"], List().Order());
        Assert.Equal(["g"], List("stable"));
        Assert.Equal(["simple"], List("EMPTY", "Dead"));
        Assert.Empty(_rig.Answer(_rig.Coordinator.ListGroupsAsync(new ListGroupsRequest { TypesFilter = ["consumer"] })).Groups);
        Assert.Equal(2, _rig.Answer(_rig.Coordinator.ListGroupsAsync(new ListGroupsRequest { TypesFilter = ["Classic"] })).Groups.Count);
        var dead = _rig.Answer(_rig.Coordinator.DescribeGroupsAsync(new DescribeGroupsRequest { Groups = ["nobody"] })).Groups[0];
        Assert.Equal(("Dead", ErrorCode.None), (dead.State, dead.Error));
        Assert.Equal((1, 1, 0), (_rig.Coordinator.GroupCounts[GroupState.Stable], _rig.Coordinator.GroupCounts[GroupState.Empty], _rig.Coordinator.GroupCounts[GroupState.PreparingRebalance]));
    }

    private OffsetDeleteResponse DeleteOffsets(string group, params string[] topics) => _rig.Answer(_rig.Coordinator.OffsetDeleteAsync(
        new OffsetDeleteRequest { GroupId = group, Topics = [.. topics.Select(topic => new OffsetDeleteRequest.TopicData { Name = topic, Partitions = [0] })] }));

    private IEnumerable<ErrorCode> DeleteGroups(params string[] groups) =>
        _rig.Answer(_rig.Coordinator.DeleteGroupsAsync(new DeleteGroupsRequest { Groups = [.. groups] })).Groups.Select(group => group.Error);
}
