using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Confluent;

public sealed class GroupTests(KafkaFixture kafka)
{
    public static TheoryData<string, PartitionAssignmentStrategy> Assignors() =>
        [.. from target in KafkaFixture.Targets
            from assignor in Enum.GetValues<PartitionAssignmentStrategy>()
            select (target.Data, assignor)];

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_group_goes_on_where_it_committed_with_its_metadata(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        await scope.ProduceAsync(topic, 50, partition: 0);
        var group = scope.NewName("group");
        var partition = new TopicPartition(topic, 0);
        using (var first = scope.Consumer(config => config.GroupId = group))
        {
            first.Subscribe(topic);
            var read = 0;
            await KafkaScope.WaitForAsync(
                () =>
                {
                    if (first.Consume(200) is { IsPartitionEOF: false }) { read++; }
                    return read == 20;
                },
                "20 records");
            first.Commit([new TopicPartitionOffset(partition, 20, 0)]);
            first.Close();
        }

        var listed = await scope.Admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]);
        Assert.Equal((partition, 20), (listed[0].Partitions[0].TopicPartition, listed[0].Partitions[0].Offset.Value));

        var second = scope.Consumer(config => config.GroupId = group);
        Assert.Equal([20, Offset.Unset.Value], second.Committed([partition, new TopicPartition(topic, 1)], KafkaScope.Limit).Select(c => c.Offset.Value));
        second.Subscribe(topic);
        ConsumeResult<string?, string?>? next = null;
        await KafkaScope.WaitForAsync(() => (next = second.Consume(200))?.Message is not null, "the next record");
        Assert.Equal(20, next!.Offset.Value);
    }

    [Theory, MemberData(nameof(Assignors))]
    public async Task Three_members_come_and_go_and_no_record_is_lost_or_read_twice(string target, PartitionAssignmentStrategy assignor)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(6);
        var group = scope.NewName("group");
        var produced = 0;
        using var stop = new CancellationTokenSource();
        using var producer = scope.NewProducer();
        var producing = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await Task.WhenAll(
                        Enumerable.Range(0, 6).Select(
                            p => producer.ProduceAsync(new TopicPartition(topic, p), new Message<string?, string?> { Value = $"{Interlocked.Increment(ref produced)}" })));
                    await Task.Delay(5, CancellationToken.None);
                }
            },
            scope.Token);

        GroupMember Join() => new(scope, topic, group, config => config.PartitionAssignmentStrategy = assignor);
        var a = Join();
        await Balanced(a);
        var b = Join();
        await Balanced(a, b);
        var c = Join();
        await Balanced(a, b, c);
        var members = (GroupMember[])[a, b, c];
        await KafkaScope.WaitForAsync(() => members.All(member => !member.Records.IsEmpty), "each member to read something");
        var events = (a.Events.Count, b.Events.Count);
        await c.StopAsync();
        await Balanced(a, b);
        if (assignor == PartitionAssignmentStrategy.CooperativeSticky)
        {
            // Nobody gave up a partition that was to stay, and nobody gave up any when a member left.
            Assert.Equal(["-3", "-1"], a.Events.Where(e => e is not "-0" && e[0] == '-'));
            Assert.DoesNotContain(a.Events.Skip(events.Item1), e => e[0] == '-' && e != "-0");
            Assert.DoesNotContain(b.Events.Skip(events.Item2), e => e[0] == '-' && e != "-0");
        }

        await stop.CancelAsync();
        await producing;
        await KafkaScope.WaitForAsync(() => members.Sum(m => m.Records.Count) >= produced, $"all records");
        await a.StopAsync();
        await b.StopAsync();
        var read = members.SelectMany(m => m.Records).Select(r => r.Message.Value).ToList();
        Assert.Equal(produced, read.Distinct().Count());
        Assert.Equal(produced, read.Count);
        Assert.DoesNotContain(members.SelectMany(m => m.Events), e => e.StartsWith("lost", StringComparison.Ordinal));

        static Task Balanced(params GroupMember[] members) =>
            KafkaScope.WaitForAsync(
                () => members.All(m => m.Assigned.Count == 6 / members.Length) && members.SelectMany(m => m.Assigned).Distinct().Count() == 6,
                $"{members.Length} members to share 6 partitions; they have {string.Join(" / ", members.Select(m => string.Join(",", m.Assigned.Select(p => p.Partition.Value))))}");
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_static_member_that_returns_takes_its_partitions_again_without_a_rebalance(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(4);
        var group = scope.NewName("group");
        GroupMember Join(string instance) => new(scope, topic, group, config => (config.GroupInstanceId, config.SessionTimeoutMs) = (instance, 30_000), leaveOnStop: false);
        var a = Join("a");
        var b = Join("b");
        await KafkaScope.WaitForAsync(() => a.Assigned.Count == 2 && b.Assigned.Count == 2, "two members to share four partitions");
        var had = a.Assigned;
        var seen = b.Events.Count;
        await scope.ProduceAsync(topic, 10, partition: had[0].Partition.Value);
        await KafkaScope.WaitForAsync(() => a.Records.Count == 10, "ten records");
        await a.StopAsync();

        var again = Join("a");
        await KafkaScope.WaitForAsync(() => again.Assigned.Count == 2, "the returned member's partitions");
        Assert.Equal(had, again.Assigned);
        await scope.ProduceAsync(topic, 5, partition: had[0].Partition.Value, first: 10);
        await KafkaScope.WaitForAsync(() => again.Records.Count == 5, "five more records");
        Assert.Equal(Enumerable.Range(10, 5).Select(n => $"{n}"), again.Records.Select(r => r.Message.Value));
        Assert.Equal(seen, b.Events.Count);
        await again.StopAsync();
        await b.StopAsync();
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_second_member_with_the_same_instance_id_fences_the_first(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        var group = scope.NewName("group");
        GroupMember Join() => new(scope, topic, group, config => config.GroupInstanceId = "same", leaveOnStop: false);
        var first = Join();
        await KafkaScope.WaitForAsync(() => first.Assigned.Count == 2, "the first member's partitions");
        var second = Join();
        await KafkaScope.WaitForAsync(() => second.Assigned.Count == 2, "the second member's partitions");
        await KafkaScope.WaitForAsync(() => first.FatalError is not null, "the first member to be fenced");
        Assert.Contains("fenced", first.FatalError!.Reason, StringComparison.OrdinalIgnoreCase);
        await second.StopAsync();
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_member_that_dies_silently_is_removed_after_its_session(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        var group = scope.NewName("group");
        // A paused client: it joins, then nobody polls it, so that its session ends by max.poll.interval.
        var silent = scope.Consumer(config => (config.GroupId, config.SessionTimeoutMs, config.MaxPollIntervalMs) = (group, 6_000, 6_000));
        silent.Subscribe(topic);
        await KafkaScope.WaitForAsync(
            () =>
            {
                silent.Consume(100);
                return silent.Assignment.Count == 2;
            },
            "the silent member's partitions");
        var live = new GroupMember(scope, topic, group);
        await KafkaScope.WaitForAsync(() => live.Assigned.Count == 2, "the live member to get both partitions");
        await live.StopAsync();
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Groups_are_listed_described_altered_and_deleted(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        await scope.ProduceAsync(topic, 10);
        var group = scope.NewName("group");
        var member = new GroupMember(scope, topic, group, config => config.ClientId = "group-test");
        await KafkaScope.WaitForAsync(() => member.Assigned.Count == 2 && member.Records.Count == 10, "the member to read");

        var described = (await scope.Admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions[0];
        Assert.Equal((ConsumerGroupState.Stable, "range"), (described.State, described.PartitionAssignor));
        var row = Assert.Single(described.Members);
        Assert.Equal(("group-test", member.MemberId), (row.ClientId, row.ConsumerId));
        Assert.Equal(member.Assigned, row.Assignment.TopicPartitions.OrderBy(p => p.Partition.Value));

        var listed = (await scope.Admin.ListConsumerGroupsAsync(new ListConsumerGroupsOptions { MatchStates = [ConsumerGroupState.Stable] })).Valid;
        Assert.Contains(listed, one => one.GroupId == group && one.State == ConsumerGroupState.Stable && !one.IsSimpleConsumerGroup);
        await Assert.ThrowsAsync<DeleteGroupsException>(() => scope.Admin.DeleteGroupsAsync([group]));
        await Assert.ThrowsAnyAsync<KafkaException>(
            () => scope.Admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(group, [new TopicPartitionOffset(topic, 0, 3)])]));

        await member.StopAsync();
        await KafkaScope.WaitForAsync(
            async () => (await scope.Admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions[0].State == ConsumerGroupState.Empty, "the group to be empty");
        await scope.Admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(group, [new TopicPartitionOffset(topic, 0, 3), new TopicPartitionOffset(topic, 1, 0)])]);
        var offsets = await scope.Admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, [new TopicPartition(topic, 0)])]);
        Assert.Equal(3, offsets[0].Partitions[0].Offset.Value);
        await scope.Admin.DeleteConsumerGroupOffsetsAsync(group, [new TopicPartition(topic, 0)]);
        offsets = await scope.Admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]);
        Assert.Equal([1], offsets[0].Partitions.Select(p => p.Partition.Value));

        await scope.Admin.DeleteGroupsAsync([group]);
        Assert.DoesNotContain((await scope.Admin.ListConsumerGroupsAsync()).Valid, one => one.GroupId == group);
        Assert.Equal(ConsumerGroupState.Dead, (await scope.Admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions[0].State);
        var gone = await Assert.ThrowsAsync<DeleteGroupsException>(() => scope.Admin.DeleteGroupsAsync([group]));
        Assert.Equal(ErrorCode.GroupIdNotFound, gone.Results[0].Error.Code);
    }
}
