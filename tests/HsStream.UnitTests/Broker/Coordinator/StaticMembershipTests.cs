using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

public sealed class StaticMembershipTests
{
    private readonly CoordinatorRig _rig = new();

    [Fact]
    public void A_restarted_static_member_takes_its_place_and_assignment_without_a_rebalance()
    {
        var (_, follower, oldId) = StableStatic();
        var join = follower.Joined(follower.Join());
        Assert.NotEqual(oldId, join.MemberId);
        Assert.Equal(2, join.GenerationId);
        Assert.False(join.SkipAssignment);
        Assert.Empty(join.Members);
        Assert.Equal("right", CoordinatorRig.Text(_rig.Answer(follower.Sync()).Assignment));
        follower.MemberId = oldId;
        Assert.Equal(ErrorCode.FencedInstanceId, follower.Heartbeat());
    }

    [Fact]
    public void A_restarted_static_leader_hears_from_version_9_that_it_need_not_assign()
    {
        var (leader, _, _) = StableStatic();
        leader.MemberId = string.Empty;
        var join = leader.Joined(leader.Join());
        Assert.True(join.SkipAssignment);
        Assert.Equal(join.MemberId, join.Leader);
        Assert.Equal(2, join.Members.Count);
    }

    [Fact]
    public void Before_version_9_a_restarted_static_leader_is_told_its_old_id_as_the_leader()
    {
        var leader = new Consumer(_rig, instance: "a", joinVersion: 8);
        leader.JoinAlone();
        var oldId = leader.MemberId;
        leader.MemberId = string.Empty;
        var join = leader.Joined(leader.Join());
        Assert.Equal(oldId, join.Leader);
        Assert.NotEqual(oldId, join.MemberId);
        Assert.Empty(join.Members);
    }

    [Fact]
    public void The_new_id_of_a_static_member_is_durable_before_it_hears_of_it()
    {
        var (_, follower, _) = StableStatic();
        var join = follower.Join();
        _rig.Coordinator.Drain();
        Assert.False(join.IsCompleted);
        follower.Joined(join);
        _rig.LosePower(1);
        Assert.Equal(ErrorCode.None, follower.Heartbeat());
    }

    [Fact]
    public void A_static_member_that_restarts_while_assignments_are_made_restarts_the_rebalance()
    {
        var (leader, follower) = (new Consumer(_rig, instance: "a"), new Consumer(_rig, instance: "b"));
        leader.Joined(leader.Enter());
        var join = follower.Enter();
        _rig.Settle();
        leader.Joined(leader.Join());
        follower.Joined(join);
        follower.MemberId = string.Empty;
        var rejoin = follower.Join();
        Assert.True(_rig.IsParked(rejoin));
        Assert.Equal(ErrorCode.RebalanceInProgress, leader.Heartbeat());
        leader.Joined(leader.Join());
        Assert.Equal(3, follower.Joined(rejoin).GenerationId);
    }

    [Fact]
    public void A_second_holder_of_an_instance_id_fences_the_first_one_while_it_waits()
    {
        var (leader, follower, _) = StableStatic();
        var join = leader.Join();
        Assert.True(_rig.IsParked(join));
        var usurper = new Consumer(_rig, instance: "a");
        var usurperJoin = usurper.Join();
        Assert.Equal(ErrorCode.FencedInstanceId, _rig.Answer(join).Error);
        follower.MemberId = string.Empty;
        var rejoin = follower.Join();
        Assert.Equal(3, usurper.Joined(usurperJoin).GenerationId);
        follower.Joined(rejoin);
    }

    [Fact]
    public void A_static_member_keeps_its_place_until_its_session_ends_even_when_it_misses_a_rebalance()
    {
        var (leader, _, _) = StableStatic(followerSessionMs: 300_000);
        var third = new Consumer(_rig, instance: "c") { SessionTimeoutMs = 300_000 };
        var thirdJoin = third.Join();
        _rig.Settle();
        var rejoin = leader.Join();
        _rig.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(3, leader.Joined(rejoin).Members.Count);
        third.Joined(thirdJoin);
    }

    [Fact]
    public void A_changed_protocol_of_a_static_member_rebalances()
    {
        var leader = new Consumer(_rig, instance: "a") { Protocols = [("range", Consumer.Subscription("t")), ("sticky", Consumer.Subscription("t"))] };
        leader.JoinAlone();
        leader.MemberId = string.Empty;
        leader.Protocols = [("sticky", Consumer.Subscription("t")), ("range", Consumer.Subscription("t"))];
        Assert.Equal(2, leader.Joined(leader.Join()).GenerationId);
    }

    private (Consumer Leader, Consumer Follower, string FollowerId) StableStatic(int followerSessionMs = 10_000)
    {
        var leader = new Consumer(_rig, instance: "a") { SessionTimeoutMs = 300_000 };
        var follower = new Consumer(_rig, instance: "b") { SessionTimeoutMs = followerSessionMs };
        leader.Joined(leader.Enter());
        var join = follower.Enter();
        _rig.Settle();
        leader.Joined(leader.Join());
        follower.Joined(join);
        var sync = follower.Sync();
        _rig.Answer(leader.Sync((leader.MemberId, "left"), (follower.MemberId, "right")));
        _rig.Answer(sync);
        var oldId = follower.MemberId;
        follower.MemberId = string.Empty;
        return (leader, follower, oldId);
    }
}
