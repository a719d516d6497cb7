using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Traps;

public sealed class GroupTraps(KafkaFixture kafka)
{
    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_commit_names_the_unknown_partition_and_keeps_the_others(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var group = scope.NewName("group");
        var request = Requests.OffsetCommit(group, topic, 0, 5, "note", leaderEpoch: 3);
        request.Topics[0].Partitions.Add(new() { Partition = 9, Offset = 1 });
        request.Topics.Add(new() { Name = scope.NewName("nowhere"), Partitions = [new() { Partition = 0, Offset = 1 }] });
        var committed = await scope.GroupAsync<OffsetCommitResponse>(group, ApiKey.OffsetCommit, request);
        Assert.Equal(
            [ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition],
            committed.Topics.SelectMany(row => row.Partitions.OrderBy(p => p.Partition)).Select(p => p.Error).Order());

        var fetched = (await scope.GroupAsync<OffsetFetchResponse>(group, ApiKey.OffsetFetch, Requests.OffsetFetch(group, topic, 0))).Groups[0].Topics[0].Partitions[0];
        Assert.Equal((5, "note", 3), (fetched.Offset, fetched.Metadata, fetched.LeaderEpoch));
        var missing = (await scope.GroupAsync<OffsetFetchResponse>(group, ApiKey.OffsetFetch, Requests.OffsetFetch(group, topic, 7))).Groups[0].Topics[0].Partitions[0];
        Assert.Equal((-1, ErrorCode.None), (missing.Offset, missing.Error));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Metadata_of_a_commit_is_bounded(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var group = scope.NewName("group");
        foreach (var (length, error) in (IEnumerable<(int, ErrorCode)>)[(4_096, ErrorCode.None), (4_097, ErrorCode.OffsetMetadataTooLarge)])
        {
            var response = await scope.GroupAsync<OffsetCommitResponse>(group, ApiKey.OffsetCommit, Requests.OffsetCommit(group, topic, 0, 5, new string('m', length)));
            Assert.Equal(error, response.Topics[0].Partitions[0].Error);
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_new_member_is_given_its_id_first(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var group = scope.NewName("group");
        var first = await scope.GroupAsync<JoinGroupResponse>(group, ApiKey.JoinGroup, Requests.Join(group, string.Empty));
        Assert.Equal(ErrorCode.MemberIdRequired, first.Error);
        Assert.NotEmpty(first.MemberId);
        var second = await scope.GroupAsync<JoinGroupResponse>(group, ApiKey.JoinGroup, Requests.Join(group, first.MemberId));
        Assert.Equal((ErrorCode.None, first.MemberId, first.MemberId, 1, "range"), (second.Error, second.MemberId, second.Leader, second.GenerationId, second.ProtocolName));
        Assert.Single(second.Members);
        Assert.Equal(ErrorCode.UnknownMemberId, (await scope.GroupAsync<JoinGroupResponse>(group, ApiKey.JoinGroup, Requests.Join(group, "never-seen"))).Error);
        Assert.Equal(
            ErrorCode.InconsistentGroupProtocol, (await scope.GroupAsync<JoinGroupResponse>(group, ApiKey.JoinGroup, Requests.Join(group, string.Empty, protocol: "other"), 3)).Error);
        Assert.Equal(ErrorCode.InvalidGroupId, (await scope.AnyAsync<JoinGroupResponse>(ApiKey.JoinGroup, Requests.Join(string.Empty, string.Empty))).Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Large_assignments_reach_each_member_whole(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var group = scope.NewName("group");
        var (a, b) = (await NewMemberAsync("a"), await NewMemberAsync("b"));
        var generation = 0;
        await JoinAsync(a, "alone");
        for (var round = 0; round < 3; round++)
        {
            // One joins with something new and waits; the other hears of it and follows.
            var (first, second) = round == 0 ? (b, a) : (a, b);
            var waiting = JoinAsync(first, $"meta-{round}");
            await RawCluster.SettleAsync(async () => await HeartbeatAsync(second) == ErrorCode.RebalanceInProgress, "the other member to hear of the rebalance", scope.Token);
            var joins = await Task.WhenAll(waiting, JoinAsync(second, $"meta-{round}"));
            var leader = joins.Single(join => join.Leader == join.MemberId);
            Assert.Equal(2, leader.Members.Count);
            var assignments = new[] { (a, Large(a, round)), (b, Large(b, round)) };
            var syncs = await Task.WhenAll(
                joins.Select(
                    join => scope.GroupAsync<SyncGroupResponse>(
                        group, ApiKey.SyncGroup, Requests.Sync(group, join.GenerationId, join.MemberId, join == leader ? assignments : []), lane: join.MemberId == a ? "a" : "b")));
            Assert.All(syncs, sync => Assert.Equal(ErrorCode.None, sync.Error));
            Assert.True(syncs[0].Assignment.Span.SequenceEqual(Large(joins[0].MemberId, round)));
            Assert.True(syncs[1].Assignment.Span.SequenceEqual(Large(joins[1].MemberId, round)));
        }

        async Task<JoinGroupResponse> JoinAsync(string member, string metadata)
        {
            var join = await scope.GroupAsync<JoinGroupResponse>(group, ApiKey.JoinGroup, Requests.Join(group, member, metadata), lane: member == a ? "a" : "b");
            generation = join.GenerationId;
            return join;
        }

        async Task<ErrorCode> HeartbeatAsync(string member) =>
            (await scope.GroupAsync<HeartbeatResponse>(
                group, ApiKey.Heartbeat, new HeartbeatRequest { GroupId = group, GenerationId = generation, MemberId = member }, lane: member == a ? "a" : "b")).Error;

        static byte[] Large(string member, int round)
        {
            var bytes = new byte[100_000 + round];
            new Random(member.GetHashCode(StringComparison.Ordinal)).NextBytes(bytes);
            return bytes;
        }

        async Task<string> NewMemberAsync(string lane) =>
            (await scope.GroupAsync<JoinGroupResponse>(group, ApiKey.JoinGroup, Requests.Join(group, string.Empty), lane: lane)).MemberId;
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Offsets_of_an_open_transaction_are_unstable_for_those_who_ask(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var (group, txn) = (scope.NewName("group"), scope.NewName("txn"));
        var producer = await scope.InitProducerAsync(txn);
        var (id, epoch) = (producer.ProducerId, producer.ProducerEpoch);
        await scope.GroupAsync<OffsetCommitResponse>(group, ApiKey.OffsetCommit, Requests.OffsetCommit(group, topic, 0, 3));
        var added = await scope.TransactionAsync<TxnResponse>(
            txn, ApiKey.AddOffsetsToTxn, new AddOffsetsToTxnRequest { TransactionalId = txn, ProducerId = id, ProducerEpoch = epoch, GroupId = group });
        Assert.Equal(ErrorCode.None, added.Error);
        var committed = await scope.GroupAsync<TxnOffsetCommitResponse>(group, ApiKey.TxnOffsetCommit, Requests.TxnOffsetCommit(txn, group, id, epoch, topic, 0, 9));
        Assert.Equal(ErrorCode.None, committed.Topics[0].Partitions[0].Error);
        Assert.Equal((ErrorCode.UnstableOffsetCommit, -1), await FetchAsync(requireStable: true));
        Assert.Equal((ErrorCode.None, 3), await FetchAsync(requireStable: false));
        await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, id, epoch, commit: true));
        await RawCluster.SettleAsync(async () => await FetchAsync(requireStable: true) == (ErrorCode.None, 9), "the committed offset", scope.Token);

        async Task<(ErrorCode, long)> FetchAsync(bool requireStable)
        {
            var row = (await scope.GroupAsync<OffsetFetchResponse>(group, ApiKey.OffsetFetch, Requests.OffsetFetch(group, topic, 0, requireStable))).Groups[0].Topics[0].Partitions[0];
            return (row.Error, row.Offset);
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task An_unknown_group_is_described_as_dead_and_has_no_offsets(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var group = scope.NewName("group");
        var described = (await scope.GroupAsync<DescribeGroupsResponse>(group, ApiKey.DescribeGroups, new DescribeGroupsRequest { Groups = [group] })).Groups[0];
        Assert.Equal((ErrorCode.None, "Dead"), (described.Error, described.State));
        var offsets = (await scope.GroupAsync<OffsetFetchResponse>(group, ApiKey.OffsetFetch, new OffsetFetchRequest { Groups = [new() { GroupId = group }] })).Groups[0];
        Assert.Equal((ErrorCode.None, 0), (offsets.Error, offsets.Topics.Count));
    }
}
