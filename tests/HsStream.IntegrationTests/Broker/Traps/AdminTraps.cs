using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Traps;

public sealed class AdminTraps(KafkaFixture kafka)
{
    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task CreatePartitions_answers_one_row_a_topic(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var nowhere = scope.NewName("nowhere");
        var response = await scope.AnyAsync<CreatePartitionsResponse>(
            ApiKey.CreatePartitions,
            new CreatePartitionsRequest { TimeoutMs = 30_000, Topics = [new() { Name = topic, Count = 3 }, new() { Name = nowhere, Count = 3 }] });
        Assert.Equal(
            [(topic, ErrorCode.None), (nowhere, ErrorCode.UnknownTopicOrPartition)],
            response.Topics.OrderBy(row => row.Name == nowhere).Select(row => (row.Name, row.Error)));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task DescribeConfigs_names_every_config_and_on_request_only_some(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        Assert.True((await DescribeAsync(topic, null)).Configs.Count > 15);
        Assert.Equal(["retention.ms"], (await DescribeAsync(topic, ["retention.ms", "no.such.config"])).Configs.Select(config => config.Name));
        Assert.Empty((await DescribeAsync(topic, ["no.such.config"])).Configs);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await DescribeAsync(scope.NewName("nowhere"), null)).Error);

        async Task<DescribeConfigsResponse.Result> DescribeAsync(string name, List<string>? keys) =>
            (await scope.AnyAsync<DescribeConfigsResponse>(
                ApiKey.DescribeConfigs, new DescribeConfigsRequest { Resources = [new() { Type = (sbyte)ConfigResource.Topic, Name = name, Keys = keys }] })).Results[0];
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_dry_run_says_what_would_happen_and_does_nothing(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = scope.Kafka.NewTopicName();
        var request = new CreateTopicsRequest { ValidateOnly = true, TimeoutMs = 30_000, Topics = [new() { Name = topic, Partitions = 3, ReplicationFactor = -1 }] };
        var response = (await scope.AnyAsync<CreateTopicsResponse>(ApiKey.CreateTopics, request)).Topics[0];
        Assert.Equal((ErrorCode.None, 3), (response.Error, response.Partitions));
        var metadata = await scope.AnyAsync<MetadataResponse>(ApiKey.Metadata, new MetadataRequest { Topics = [new() { Name = topic }], AllowAutoTopicCreation = false });
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, metadata.Topics[0].Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_topic_named_twice_in_one_request_is_refused_and_not_created(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = scope.Kafka.NewTopicName();
        CreateTopicsRequest.TopicData Row() => new() { Name = topic, Partitions = 1, ReplicationFactor = -1 };
        var response = await scope.AnyAsync<CreateTopicsResponse>(ApiKey.CreateTopics, new CreateTopicsRequest { TimeoutMs = 30_000, Topics = [Row(), Row()] });
        Assert.All(response.Topics, row => Assert.Equal(ErrorCode.InvalidRequest, row.Error));
        var metadata = await scope.AnyAsync<MetadataResponse>(ApiKey.Metadata, new MetadataRequest { Topics = [new() { Name = topic }], AllowAutoTopicCreation = false });
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, metadata.Topics[0].Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Metadata_tells_unknown_names_bad_names_and_unknown_ids_apart(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var response = await scope.AnyAsync<MetadataResponse>(
            ApiKey.Metadata, new MetadataRequest { Topics = [new() { Name = scope.NewName("nowhere") }, new() { Name = "bad/name" }], AllowAutoTopicCreation = false });
        Assert.Equal([ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidTopicException], response.Topics.Select(row => row.Error).Order());
        response = await scope.AnyAsync<MetadataResponse>(ApiKey.Metadata, new MetadataRequest { Topics = [new() { TopicId = Guid.NewGuid(), Name = null }], AllowAutoTopicCreation = false });
        Assert.Equal(ErrorCode.UnknownTopicId, response.Topics[0].Error);
        response = await scope.AnyAsync<MetadataResponse>(ApiKey.Metadata, new MetadataRequest { Topics = [] });
        Assert.Empty(response.Topics);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Authorized_operations_are_told_to_those_who_ask(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var (topic, group) = (await scope.Kafka.CreateTopicAsync(), scope.NewName("group"));
        foreach (var asked in (bool[])[true, false])
        {
            // Without an authorizer: every operation that fits the resource, a bit each. Older brokers know fewer on groups.
            var metadata = await scope.AnyAsync<MetadataResponse>(
                ApiKey.Metadata, new MetadataRequest { Topics = [new() { Name = topic }], IncludeTopicAuthorizedOperations = asked, IncludeClusterAuthorizedOperations = asked }, 10);
            Assert.Equal(asked ? 0b1101_1111_1000 : int.MinValue, metadata.Topics[0].AuthorizedOperations);
            Assert.Equal(asked ? 0b1_1111_1010_0000 : int.MinValue, metadata.ClusterAuthorizedOperations);
            var cluster = await scope.AnyAsync<DescribeClusterResponse>(ApiKey.DescribeCluster, new DescribeClusterRequest { IncludeAuthorizedOperations = asked });
            Assert.Equal(metadata.ClusterAuthorizedOperations, cluster.AuthorizedOperations);
            var groups = await scope.GroupAsync<DescribeGroupsResponse>(
                group, ApiKey.DescribeGroups, new DescribeGroupsRequest { Groups = [group], IncludeAuthorizedOperations = asked }, 5);
            Assert.Equal(asked ? 0b1_0100_1000 : int.MinValue, groups.Groups[0].AuthorizedOperations & (asked ? 0b1_0100_1000 : int.MinValue));
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_topic_id_counts_whatever_name_comes_with_it(string target)
    {
        // The Java client sends an empty name, not none.
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var byName = await scope.AnyAsync<MetadataResponse>(ApiKey.Metadata, new MetadataRequest { Topics = [new() { Name = topic }] });
        var (id, unknown) = (byName.Topics[0].TopicId, Guid.NewGuid());
        var byId = await scope.AnyAsync<MetadataResponse>(
            ApiKey.Metadata, new MetadataRequest { Topics = [new() { TopicId = id, Name = string.Empty }, new() { TopicId = unknown, Name = string.Empty }] });
        Assert.Equal(
            [(ErrorCode.None, id), (ErrorCode.UnknownTopicId, unknown)],
            byId.Topics.OrderBy(row => row.Error).Select(row => (row.Error, row.TopicId)));
    }
}
