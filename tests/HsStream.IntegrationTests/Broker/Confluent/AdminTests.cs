using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Confluent;

public sealed class AdminTests(KafkaFixture kafka)
{
    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Topics_are_created_described_and_deleted(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(3, ("retention.ms", "123456"));
        var twice = await Assert.ThrowsAsync<CreateTopicsException>(() => scope.Admin.CreateTopicsAsync([new TopicSpecification { Name = topic }]));
        Assert.Equal(ErrorCode.TopicAlreadyExists, twice.Results[0].Error.Code);

        var described = (await scope.Admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]))).TopicDescriptions[0];
        Assert.Equal((topic, 3, false), (described.Name, described.Partitions.Count, described.IsInternal));
        Assert.NotEqual(0, described.TopicId.MostSignificantBits);
        Assert.All(described.Partitions, p => Assert.Contains(p.Leader!.Id, p.ISR.Select(node => node.Id)));

        await scope.Admin.DeleteTopicsAsync([topic]);
        await KafkaScope.WaitForAsync(() => scope.Admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.TrueForAll(t => t.Topic != topic), "the topic to go");
        var gone = await Assert.ThrowsAsync<DescribeTopicsException>(() => scope.Admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic])));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, gone.Results.TopicDescriptions[0].Error.Code);
        var again = await Assert.ThrowsAsync<DeleteTopicsException>(() => scope.Admin.DeleteTopicsAsync([topic]));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, again.Results[0].Error.Code);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_recreated_topic_starts_empty_under_a_new_id(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        await scope.ProduceAsync(topic, 10);
        var old = (await scope.Admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]))).TopicDescriptions[0].TopicId;
        await scope.Admin.DeleteTopicsAsync([topic]);
        await KafkaScope.WaitForAsync(
            async () =>
            {
                try
                {
                    await scope.Admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 1 }]);
                    return true;
                }
                catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
                {
                    return false;
                }
            },
            "the name to be free again");
        await KafkaScope.WaitForAsync(() => scope.Admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Error.Code == ErrorCode.NoError, "the new topic's leader");
        Assert.NotEqual(old.ToString(), (await scope.Admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]))).TopicDescriptions[0].TopicId.ToString());
        Assert.Empty(scope.ReadAll(topic));
        await scope.ProduceAsync(topic, 2);
        Assert.Equal(2, scope.ReadAll(topic).Count);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Wrong_names_counts_and_configs_are_refused(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        Assert.Equal(ErrorCode.TopicException, await RefusedAsync(new TopicSpecification { Name = "no/slash", NumPartitions = 1 }));
        Assert.Equal(ErrorCode.TopicException, await RefusedAsync(new TopicSpecification { Name = new string('n', 250), NumPartitions = 1 }));
        Assert.Equal(ErrorCode.InvalidPartitions, await RefusedAsync(new TopicSpecification { Name = scope.NewTopicName(), NumPartitions = 0 }));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, await RefusedAsync(new TopicSpecification { Name = scope.NewTopicName(), NumPartitions = 1, ReplicationFactor = 30 }));
        foreach (var (key, value) in (IEnumerable<(string, string)>)[("no.such.config", "1"), ("retention.ms", "soon"), ("cleanup.policy", "shred"), ("max.message.bytes", "-1"), ("segment.bytes", "3")])
        {
            Assert.Equal(ErrorCode.InvalidConfig, await RefusedAsync(new TopicSpecification { Name = scope.NewTopicName(), NumPartitions = 1, Configs = new() { [key] = value } }));
        }

        async Task<ErrorCode> RefusedAsync(TopicSpecification topic) =>
            (await Assert.ThrowsAsync<CreateTopicsException>(() => scope.Admin.CreateTopicsAsync([topic]))).Results[0].Error.Code;
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Partitions_are_added_and_never_taken_away(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        await scope.ProduceAsync(topic, 5);
        await scope.Admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 5 }]);
        await KafkaScope.WaitForAsync(() => scope.Admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Count(p => p.Leader >= 0) == 5, "five partitions");
        await scope.ProduceAsync(topic, 3, partition: 4, configure: config => config.MessageTimeoutMs = 30_000);
        Assert.Equal(8, scope.ReadAll(topic).Count);
        var refused = await Assert.ThrowsAsync<CreatePartitionsException>(
            () => scope.Admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 3 }]));
        Assert.Equal(ErrorCode.InvalidPartitions, refused.Results[0].Error.Code);
        var unknown = await Assert.ThrowsAsync<CreatePartitionsException>(
            () => scope.Admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = scope.NewName("nowhere"), IncreaseTo = 3 }]));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, unknown.Results[0].Error.Code);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Configs_are_described_with_their_source_and_altered_one_by_one(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(1, ("retention.ms", "100000"));
        var resource = new ConfigResource { Type = ResourceType.Topic, Name = topic };
        var before = await DescribeAsync();
        Assert.True(before.Count > 15, $"{before.Count} configs");
        Assert.Equal(("100000", false, ConfigSource.DynamicTopicConfig), (before["retention.ms"].Value, before["retention.ms"].IsDefault, before["retention.ms"].Source));
        Assert.Equal(("delete", true), (before["cleanup.policy"].Value, before["cleanup.policy"].IsDefault));

        await scope.Admin.IncrementalAlterConfigsAsync(
            new()
            {
                [resource] =
                [
                    new ConfigEntry { Name = "retention.ms", IncrementalOperation = AlterConfigOpType.Delete },
                    new ConfigEntry { Name = "max.message.bytes", Value = "5000", IncrementalOperation = AlterConfigOpType.Set },
                    new ConfigEntry { Name = "cleanup.policy", Value = "compact", IncrementalOperation = AlterConfigOpType.Append },
                ],
            });
        await KafkaScope.WaitForAsync(async () => (await DescribeAsync())["max.message.bytes"].Value == "5000", "the new configs");
        var after = await DescribeAsync();
        Assert.NotEqual("100000", after["retention.ms"].Value);
        Assert.Equal(["compact", "delete"], after["cleanup.policy"].Value.Split(',').Order());

        // It binds at once.
        var producer = scope.Producer();
        var refused = await Assert.ThrowsAsync<ProduceException<string?, string?>>(
            () => producer.ProduceAsync(topic, new Message<string?, string?> { Key = "k", Value = new string('x', 6_000) }, scope.Token));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);

        var wrong = await Assert.ThrowsAsync<IncrementalAlterConfigsException>(
            () => scope.Admin.IncrementalAlterConfigsAsync(
                new() { [resource] = [new ConfigEntry { Name = "max.message.bytes", Value = "many", IncrementalOperation = AlterConfigOpType.Set }] }));
        Assert.Equal(ErrorCode.InvalidConfig, wrong.Results[0].Error.Code);
        var unknown = await Assert.ThrowsAsync<IncrementalAlterConfigsException>(
            () => scope.Admin.IncrementalAlterConfigsAsync(
                new()
                {
                    [new ConfigResource { Type = ResourceType.Topic, Name = scope.NewName("nowhere") }] =
                        [new ConfigEntry { Name = "retention.ms", Value = "1", IncrementalOperation = AlterConfigOpType.Set }],
                }));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, unknown.Results[0].Error.Code);

        async Task<Dictionary<string, ConfigEntryResult>> DescribeAsync() => (await scope.Admin.DescribeConfigsAsync([resource]))[0].Entries;
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_broker_describes_its_own_configs(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var id = scope.Admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers[0].BrokerId;
        var described = await scope.Admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Broker, Name = $"{id}" }]);
        Assert.Contains("log.retention.ms", described[0].Entries.Keys);
        Assert.Contains("num.partitions", described[0].Entries.Keys);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Records_before_an_offset_are_deleted(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        await scope.ProduceAsync(topic, 10);
        var deleted = await scope.Admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 4)]);
        Assert.Equal(4, deleted[0].Offset.Value);
        Assert.Equal(Enumerable.Range(4, 6).Select(n => $"{n}"), scope.ReadAll(topic).Select(r => r.Message.Value));
        deleted = await scope.Admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, Offset.End)]);
        Assert.Equal(10, deleted[0].Offset.Value);
        Assert.Empty(scope.ReadAll(topic));
        var beyond = await Assert.ThrowsAsync<DeleteRecordsException>(() => scope.Admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 99)]));
        Assert.Equal(ErrorCode.OffsetOutOfRange, beyond.Results[0].Error.Code);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Offsets_are_listed_by_kind(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var producer = scope.Producer(config => config.LingerMs = 0);
        foreach (var second in (int[])[10, 30, 20])
        {
            await producer.ProduceAsync(topic, new Message<string?, string?> { Value = $"{second}", Timestamp = new Timestamp(1_700_000_000_000 + (second * 1000), TimestampType.CreateTime) }, scope.Token);
        }

        Assert.Equal(0, await AtAsync(OffsetSpec.Earliest()));
        Assert.Equal(3, await AtAsync(OffsetSpec.Latest()));
        Assert.Equal(1, await AtAsync(OffsetSpec.MaxTimestamp()));
        Assert.Equal(1, await AtAsync(OffsetSpec.ForTimestamp(1_700_000_015_000)));
        Assert.Equal(-1, await AtAsync(OffsetSpec.ForTimestamp(1_700_000_099_000)));

        async Task<long> AtAsync(OffsetSpec spec) =>
            (await scope.Admin.ListOffsetsAsync([new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, 0), OffsetSpec = spec }]))
            .ResultInfos[0].TopicPartitionOffsetError.Offset.Value;
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task The_cluster_describes_itself(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var cluster = await scope.Admin.DescribeClusterAsync();
        Assert.NotEmpty(cluster.ClusterId);
        Assert.NotEmpty(cluster.Nodes);
        Assert.Contains(cluster.Controller.Id, cluster.Nodes.Select(node => node.Id));
    }
}
