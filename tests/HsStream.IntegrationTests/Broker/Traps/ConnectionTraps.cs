using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Traps;

public sealed class ConnectionTraps(KafkaFixture kafka)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task An_unknown_ApiVersions_version_is_answered_in_version_0_and_the_connection_lives_on(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        using var client = await scope.ConnectAsync();
        // Key 18, version 127, correlation id 7, client id "x", no tags.
        await client.WriteAsync(Convert.FromHexString("0000000C" + "0012" + "007F" + "00000007" + "0001" + "78" + "00"), scope.Token);
        var frame = await client.ReadFrameAsync(scope.Token);
        var (correlationId, response) = Frame.ReadResponse(frame, ApiTable.Get(ApiKey.ApiVersions), 0);
        var versions = (ApiVersionsResponse)response;
        Assert.Equal((7, ErrorCode.UnsupportedVersion), (correlationId, versions.Error));
        Assert.Contains(versions.Apis, api => api.Key == (short)ApiKey.ApiVersions);
        await client.SendAsync<ApiVersionsResponse>(ApiKey.ApiVersions, 3, new ApiVersionsRequest { ClientSoftwareName = "raw", ClientSoftwareVersion = "1" }, scope.Token);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_client_name_that_no_client_has_is_refused(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        using var client = await scope.ConnectAsync();
        var refused = await client.SendAsync<ApiVersionsResponse>(
            ApiKey.ApiVersions, 3, new ApiVersionsRequest { ClientSoftwareName = "-bad-", ClientSoftwareVersion = "1" }, scope.Token);
        Assert.Equal(ErrorCode.InvalidRequest, refused.Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_Metadata_probe_right_behind_ApiVersions_is_answered_in_order(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        using var client = await scope.ConnectAsync();
        var first = await client.WriteRequestAsync(ApiKey.ApiVersions, 0, new ApiVersionsRequest(), scope.Token);
        var second = await client.WriteRequestAsync(ApiKey.Metadata, 0, new MetadataRequest { Topics = [] }, scope.Token);
        var (one, versions) = Frame.ReadResponse(await client.ReadFrameAsync(scope.Token), ApiTable.Get(ApiKey.ApiVersions), 0);
        var (two, metadata) = Frame.ReadResponse(await client.ReadFrameAsync(scope.Token), ApiTable.Get(ApiKey.Metadata), 0);
        Assert.Equal((first, second), (one, two));
        Assert.Equal(ErrorCode.None, ((ApiVersionsResponse)versions).Error);
        Assert.NotEmpty(((MetadataResponse)metadata).Brokers);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Records_sent_without_acknowledgement_leave_no_hole_in_the_answers(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        using var cluster = new RawCluster(scope.Kafka.Bootstrap);
        var client = await cluster.LeaderAsync("acks0", topic, 0, scope.Token);
        for (var n = 0; n < 3; n++) { await client.WriteRequestAsync(ApiKey.Produce, 8, Requests.Produce(topic, 0, Requests.Batch(1, n), acks: 0), scope.Token); }
        var metadata = await client.SendAsync<MetadataResponse>(ApiKey.Metadata, 9, new MetadataRequest { Topics = [new() { Name = topic }] }, scope.Token);
        Assert.Equal(topic, metadata.Topics[0].Name);
        await RawCluster.SettleAsync(async () => await scope.EndAsync(topic) == 3, "three records", scope.Token);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_waiting_fetch_holds_later_answers_back_and_keeps_their_order(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        using var cluster = new RawCluster(scope.Kafka.Bootstrap);
        var client = await cluster.LeaderAsync("waiting", topic, 0, scope.Token);
        var fetch = await client.WriteRequestAsync(ApiKey.Fetch, 12, Requests.Fetch(topic, 0, 0, maxWaitMs: 20_000), scope.Token);
        var metadata = await client.WriteRequestAsync(ApiKey.Metadata, 9, new MetadataRequest { Topics = [] }, scope.Token);
        await scope.ProduceAsync(topic, Requests.Batch(1));
        var (first, answer) = Frame.ReadResponse(await client.ReadFrameAsync(scope.Token), ApiTable.Get(ApiKey.Fetch), 12);
        Assert.Equal(fetch, first);
        Assert.Single(Requests.Records((FetchResponse)answer));
        Assert.Equal(metadata, Frame.ReadResponse(await client.ReadFrameAsync(scope.Token), ApiTable.Get(ApiKey.Metadata), 9).CorrelationId);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_version_or_key_that_nobody_serves_closes_the_connection(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        foreach (var head in (string[])["0003" + "0063", "7FFF" + "0000", "FFFF" + "0000", "0001" + "FFFF"])
        {
            using var client = await scope.ConnectAsync();
            await client.WriteAsync(Convert.FromHexString("0000000B" + head + "00000007" + "0001" + "78"), scope.Token);
            await client.WaitUntilClosedAsync(Limit, scope.Token);
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Old_clients_find_the_versions_they_test_for(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var versions = (await scope.AnyAsync<ApiVersionsResponse>(ApiKey.ApiVersions, new ApiVersionsRequest(), 0)).Apis.ToDictionary(api => (ApiKey)api.Key);
        // Exact versions that librdkafka up to 2.11.0 looks for before it uses a feature.
        foreach (var (key, version) in (IEnumerable<(ApiKey, short)>)
            [
                (ApiKey.Produce, 0), (ApiKey.Produce, 3), (ApiKey.Produce, 7), (ApiKey.Fetch, 4), (ApiKey.Fetch, 10), (ApiKey.FindCoordinator, 0), (ApiKey.ListOffsets, 1),
                (ApiKey.InitProducerId, 0), (ApiKey.OffsetCommit, 2), (ApiKey.OffsetFetch, 1), (ApiKey.JoinGroup, 0), (ApiKey.SyncGroup, 0), (ApiKey.Heartbeat, 0), (ApiKey.LeaveGroup, 0),
                (ApiKey.ApiVersions, 0),
            ])
        {
            Assert.InRange(version, versions[key].MinVersion, versions[key].MaxVersion);
        }
    }
}
