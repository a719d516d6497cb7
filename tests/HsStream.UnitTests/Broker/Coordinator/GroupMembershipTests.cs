using CsCheck;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

public sealed class GroupMembershipTests
{
    private readonly CoordinatorRig _rig = new();

    [Fact]
    public void From_version_4_a_new_member_is_given_an_id_to_join_with()
    {
        var consumer = new Consumer(_rig, joinVersion: 4);
        var response = _rig.Answer(consumer.Join());
        Assert.Equal(ErrorCode.MemberIdRequired, response.Error);
        Assert.StartsWith("client-", response.MemberId, StringComparison.Ordinal);

        consumer.MemberId = response.MemberId;
        Assert.Equal(1, consumer.Joined(consumer.Join()).GenerationId);
    }

    [Fact]
    public void Before_version_4_a_new_member_joins_at_once()
    {
        var consumer = new Consumer(_rig, joinVersion: 3);
        var response = consumer.Joined(consumer.Join());
        Assert.Equal(response.MemberId, response.Leader);
        Assert.Equal(response.MemberId, Assert.Single(response.Members).MemberId);
    }

    [Fact]
    public void A_reserved_id_that_nobody_joins_with_is_forgotten_after_a_session()
    {
        var consumer = new Consumer(_rig);
        consumer.MemberId = _rig.Answer(consumer.Join()).MemberId;
        _rig.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Answer(consumer.Join()).Error);
    }

    [Fact]
    public void A_rebalance_waits_for_a_reserved_id()
    {
        var first = new Consumer(_rig);
        first.JoinAlone();
        var second = new Consumer(_rig);
        second.MemberId = _rig.Answer(second.Join()).MemberId;
        Assert.True(_rig.IsParked(first.Enter()));
        var join = second.Join();
        Assert.Equal(2, second.Joined(join).GenerationId);
    }

    [Fact]
    public void Only_the_leader_receives_the_members_and_each_member_its_assignment()
    {
        var (leader, follower) = TwoMembers(out var leaderJoin, out var followerJoin);
        Assert.Equal([leader.MemberId, follower.MemberId], leaderJoin.Members.Select(member => member.MemberId));
        Assert.Equal(Consumer.Subscription("t"), leaderJoin.Members[1].Metadata.ToArray());
        Assert.Equal("range", followerJoin.ProtocolName);
        Assert.Empty(followerJoin.Members);
        Assert.Equal(leader.MemberId, followerJoin.Leader);

        var followerSync = follower.Sync();
        Assert.True(_rig.IsParked(followerSync));
        var leaderSync = _rig.Answer(leader.Sync((leader.MemberId, "left"), (follower.MemberId, "right")));
        Assert.Equal("left", CoordinatorRig.Text(leaderSync.Assignment));
        Assert.Equal("right", CoordinatorRig.Text(_rig.Answer(followerSync).Assignment));
        Assert.Equal("Stable", Describe().State);
        Assert.Equal(["left", "right"], Describe().Members.Select(member => CoordinatorRig.Text(member.Assignment)));
    }

    [Fact]
    public void A_member_that_the_leader_forgot_gets_an_empty_assignment()
    {
        var (leader, follower) = TwoMembers(out _, out _);
        var sync = follower.Sync();
        _rig.Answer(leader.Sync((leader.MemberId, "all")));
        Assert.Equal(0, _rig.Answer(sync).Assignment.Length);
    }

    [Fact]
    public void A_new_member_makes_the_others_rejoin()
    {
        var first = new Consumer(_rig);
        first.JoinAlone();
        var second = new Consumer(_rig);
        var join = second.Enter();
        Assert.True(_rig.IsParked(join));
        Assert.Equal(ErrorCode.RebalanceInProgress, first.Heartbeat());
        Assert.Equal(2, first.Joined(first.Join()).GenerationId);
        Assert.Equal(2, second.Joined(join).GenerationId);
    }

    [Fact]
    public void A_dynamic_member_that_does_not_rejoin_in_time_is_removed()
    {
        var first = new Consumer(_rig) { SessionTimeoutMs = 1_800_000 };
        first.JoinAlone();
        var second = new Consumer(_rig) { SessionTimeoutMs = 1_800_000 };
        var join = second.Enter();
        _rig.Advance(TimeSpan.FromSeconds(59));
        Assert.True(_rig.IsParked(join));
        _rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second.MemberId, Assert.Single(second.Joined(join).Members).MemberId);
        Assert.Equal(ErrorCode.UnknownMemberId, first.Heartbeat());
    }

    [Fact]
    public void Assignments_of_a_generation_that_ended_on_the_way_to_the_disk_reach_nobody()
    {
        var (leader, follower) = TwoMembers(out _, out _);
        var followerSync = follower.Sync();
        var leaderSync = leader.Sync((leader.MemberId, "old"), (follower.MemberId, "old"));
        _rig.Coordinator.Drain();
        var third = new Consumer(_rig, joinVersion: 3);
        var thirdJoin = third.Join();
        _rig.Coordinator.Drain();
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Answer(leaderSync).Error);
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Answer(followerSync).Error);
        Assert.Equal("PreparingRebalance", Describe().State);

        var (leaderJoin, followerJoin) = (leader.Join(), follower.Join());
        leader.Joined(leaderJoin);
        follower.Joined(followerJoin);
        third.Joined(thirdJoin);
        var syncs = new[] { follower.Sync(), third.Sync() };
        var whole = new string('x', 100_000);
        Assert.Equal(whole, CoordinatorRig.Text(_rig.Answer(leader.Sync((leader.MemberId, whole), (follower.MemberId, whole), (third.MemberId, whole))).Assignment));
        Assert.All(syncs, sync => Assert.Equal(whole, CoordinatorRig.Text(_rig.Answer(sync).Assignment)));
    }

    [Fact]
    public void An_assignment_sent_twice_is_stored_once()
    {
        var consumer = new Consumer(_rig);
        consumer.Joined(consumer.Enter());
        var first = consumer.Sync((consumer.MemberId, "one"));
        _rig.Coordinator.Drain();
        var again = consumer.Sync((consumer.MemberId, "two"));
        Assert.Equal("one", CoordinatorRig.Text(_rig.Answer(again).Assignment));
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Answer(first).Error);
        _rig.Kill();
        Assert.Equal("one", CoordinatorRig.Text(_rig.Answer(consumer.Sync()).Assignment));
    }

    [Fact]
    public void A_join_repeated_while_assignments_are_made_gets_the_same_answer_again()
    {
        var (leader, follower) = TwoMembers(out _, out _);
        Assert.Equal(2, leader.Joined(leader.Join()).Members.Count);
        Assert.Equal(2, follower.Joined(follower.Join()).GenerationId);
        Assert.Equal("CompletingRebalance", Describe().State);
        follower.Protocols = [("range", Consumer.Subscription("other"))];
        Assert.True(_rig.IsParked(follower.Join()));
        Assert.Equal("PreparingRebalance", Describe().State);
    }

    [Fact]
    public void In_a_stable_group_the_leader_rebalances_by_rejoining_and_a_follower_only_when_changed()
    {
        var (leader, follower) = StableTwo();
        Assert.Equal(2, follower.Joined(follower.Join()).GenerationId);
        var join = leader.Join();
        Assert.True(_rig.IsParked(join));
        Assert.Equal(ErrorCode.RebalanceInProgress, follower.Heartbeat());
        follower.Joined(follower.Join());
        Assert.Equal(3, leader.Joined(join).GenerationId);
    }

    [Fact]
    public void A_member_without_heartbeats_is_removed_and_the_rest_rebalances()
    {
        var (leader, follower) = StableTwo();
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, leader.Heartbeat());
        _rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorCode.RebalanceInProgress, leader.Heartbeat());
        Assert.Equal(ErrorCode.UnknownMemberId, follower.Heartbeat());
        Assert.Single(leader.Joined(leader.Join()).Members);
    }

    [Fact]
    public void No_session_runs_out_while_its_member_is_made_to_wait()
    {
        var first = new Consumer(_rig);
        first.JoinAlone();
        var second = new Consumer(_rig) { SessionTimeoutMs = 30_000 };
        var join = second.Enter();
        _rig.Settle();
        var rejoin = first.Join();
        second.Joined(join);
        first.Joined(rejoin);
        var sync = second.Sync();
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, first.Heartbeat());
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, first.Heartbeat());
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, first.Heartbeat());
        _rig.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(ErrorCode.None, _rig.Answer(first.Sync((first.MemberId, "a"), (second.MemberId, "b"))).Error);
        Assert.Equal("b", CoordinatorRig.Text(_rig.Answer(sync).Assignment));
    }

    [Fact]
    public void A_member_that_does_not_sync_in_time_is_removed()
    {
        var (leader, follower) = TwoMembers(out _, out _, sessionTimeoutMs: 1_800_000);
        _rig.Answer(leader.Sync((leader.MemberId, "a"), (follower.MemberId, "b")));
        _rig.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(ErrorCode.UnknownMemberId, follower.Heartbeat());
        Assert.Equal(ErrorCode.RebalanceInProgress, leader.Heartbeat());
    }

    [Fact]
    public void A_parked_sync_is_answered_when_the_leader_does_not_assign_in_time()
    {
        var (_, follower) = TwoMembers(out _, out _, sessionTimeoutMs: 1_800_000);
        var sync = follower.Sync();
        _rig.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Answer(sync).Error);
    }

    [Fact]
    public void The_last_member_leaves_an_empty_group_of_the_next_generation()
    {
        var consumer = new Consumer(_rig);
        consumer.JoinAlone();
        Assert.Equal(ErrorCode.None, consumer.Leave());
        Assert.Equal("Empty", Describe().State);
        consumer.MemberId = string.Empty;
        Assert.Equal(3, consumer.Joined(consumer.Enter()).GenerationId);
    }

    [Fact]
    public void Leaving_names_each_members_error_and_a_lone_one_before_version_3()
    {
        var consumer = new Consumer(_rig, instance: "i");
        consumer.JoinAlone();
        var response = _rig.Answer(_rig.Coordinator.LeaveGroupAsync(
            new LeaveGroupRequest
            {
                GroupId = "g",
                Members = [new() { MemberId = "nobody" }, new() { MemberId = "x", GroupInstanceId = "i" }, new() { GroupInstanceId = "i" }, new() { GroupInstanceId = "i" }],
            },
            3));
        Assert.Equal(
            [ErrorCode.UnknownMemberId, ErrorCode.FencedInstanceId, ErrorCode.None, ErrorCode.UnknownMemberId],
            response.Members.Select(member => member.Error));
        var old = _rig.Answer(_rig.Coordinator.LeaveGroupAsync(new LeaveGroupRequest { GroupId = "g", MemberId = "nobody" }, 2));
        Assert.Equal(ErrorCode.UnknownMemberId, old.Error);
    }

    [Fact]
    public void Members_must_share_a_protocol_and_the_most_preferred_common_one_wins()
    {
        Consumer With(params string[] names) => new(_rig, joinVersion: 3) { Protocols = [.. names.Select(name => (name, Consumer.Subscription("t")))] };
        var joins = new[] { With("range", "sticky"), With("sticky", "range"), With("sticky", "roundrobin", "range") }.Select(consumer => consumer.Join()).ToList();
        _rig.Settle();
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Answer(With("roundrobin").Join()).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Answer(new Consumer(_rig, joinVersion: 3) { ProtocolType = "connect" }.Join()).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Answer(new Consumer(_rig, "other") { Protocols = [] }.Join()).Error);
        _rig.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("sticky", _rig.Answer(joins[2]).ProtocolName);
    }

    [Fact]
    public void A_sync_must_name_the_groups_protocol()
    {
        var consumer = new Consumer(_rig);
        consumer.Joined(consumer.Enter());
        SyncGroupRequest Request(string? type, string? name) =>
            new() { GroupId = "g", MemberId = consumer.MemberId, GenerationId = 1, ProtocolType = type, ProtocolName = name };
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Answer(_rig.Coordinator.SyncGroupAsync(Request("consumer", "sticky"), 5)).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Answer(_rig.Coordinator.SyncGroupAsync(Request("connect", "range"), 5)).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Answer(_rig.Coordinator.SyncGroupAsync(Request(null, null), 5)).Error);
        Assert.Equal(ErrorCode.None, _rig.Answer(_rig.Coordinator.SyncGroupAsync(Request(null, null), 4)).Error);
    }

    [Theory]
    [InlineData("", 10_000, ErrorCode.InvalidGroupId)]
    [InlineData("g", 5_999, ErrorCode.InvalidSessionTimeout)]
    [InlineData("g", 1_800_001, ErrorCode.InvalidSessionTimeout)]
    public void Group_id_and_session_timeout_are_checked(string group, int sessionTimeoutMs, object error) =>
        Assert.Equal((ErrorCode)error, _rig.Answer(new Consumer(_rig, group) { SessionTimeoutMs = sessionTimeoutMs }.Join()).Error);

    [Fact]
    public void Heartbeats_tell_unknown_members_old_generations_and_fenced_instances()
    {
        var consumer = new Consumer(_rig, instance: "i");
        Assert.Equal(ErrorCode.UnknownMemberId, consumer.Heartbeat());
        consumer.JoinAlone();
        Assert.Equal(ErrorCode.None, consumer.Heartbeat());
        consumer.Generation--;
        Assert.Equal(ErrorCode.IllegalGeneration, consumer.Heartbeat());
        consumer.MemberId = "another";
        Assert.Equal(ErrorCode.FencedInstanceId, consumer.Heartbeat());
    }

    [Fact]
    public void A_full_group_takes_nobody_else()
    {
        var rig = new CoordinatorRig(new CoordinatorOptions { MaxGroupSize = 1 });
        var consumer = new Consumer(rig);
        consumer.JoinAlone();
        Assert.Equal(ErrorCode.GroupMaxSizeReached, rig.Answer(new Consumer(rig).Join()).Error);
        Assert.Equal(ErrorCode.None, consumer.Heartbeat());
    }

    [Fact]
    public void The_initial_delay_lasts_as_long_as_members_keep_coming()
    {
        var rig = new CoordinatorRig(new CoordinatorOptions { InitialRebalanceDelay = TimeSpan.FromSeconds(3) });
        var first = new Consumer(rig, joinVersion: 3).Join();
        rig.Advance(TimeSpan.FromSeconds(2));
        var second = new Consumer(rig, joinVersion: 3).Join();
        Assert.True(rig.IsParked(first));
        rig.Advance(TimeSpan.FromSeconds(1));
        Assert.True(rig.IsParked(second));
        rig.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(2, rig.Answer(first).Members.Count);
        Assert.Equal(1, rig.Answer(second).GenerationId);
    }

    [Fact]
    public async Task Stopping_answers_all_that_is_parked()
    {
        var first = new Consumer(_rig);
        first.JoinAlone();
        var parked = new Consumer(_rig).Enter();
        Assert.True(_rig.IsParked(parked));
        await _rig.Coordinator.DisposeAsync();
        Assert.True(parked.IsCompleted, "The parked join was left without an answer.");
        Assert.Equal(ErrorCode.NotCoordinator, (await parked).Error);
        Assert.True(first.Join().IsCanceled);
    }

    [Fact]
    public void No_order_of_requests_and_deadlines_breaks_a_group() =>
        Gen.Int[0, int.MaxValue].Sample(seed => new GroupWorld(seed).Run(), iter: Effort.Times(100), threads: 1);

    private (Consumer Leader, Consumer Follower) StableTwo()
    {
        var (leader, follower) = TwoMembers(out _, out _);
        var sync = follower.Sync();
        _rig.Answer(leader.Sync((leader.MemberId, "a"), (follower.MemberId, "b")));
        Assert.Equal(ErrorCode.None, _rig.Answer(sync).Error);
        return (leader, follower);
    }

    private (Consumer Leader, Consumer Follower) TwoMembers(
        out JoinGroupResponse leaderJoin, out JoinGroupResponse followerJoin, int sessionTimeoutMs = 10_000)
    {
        var (leader, follower) = (new Consumer(_rig) { SessionTimeoutMs = sessionTimeoutMs }, new Consumer(_rig) { SessionTimeoutMs = sessionTimeoutMs });
        leader.Joined(leader.Enter());
        var join = follower.Enter();
        _rig.Settle();
        leaderJoin = leader.Joined(leader.Join());
        followerJoin = follower.Joined(join);
        return (leader, follower);
    }

    private DescribeGroupsResponse.Group Describe() =>
        _rig.Answer(_rig.Coordinator.DescribeGroupsAsync(new DescribeGroupsRequest { Groups = ["g"] })).Groups[0];
}
