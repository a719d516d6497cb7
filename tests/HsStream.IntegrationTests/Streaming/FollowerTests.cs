using System.Collections.Concurrent;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.IntegrationTests.Broker;
using HsStream.IntegrationTests.Registry;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Following;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Publish;
using HsStream.Streaming.Setup;
using HsStream.Streaming.Tracing;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>What is published, set up and followed beside the loop.</summary>
public sealed class FollowerTests(KafkaFixture fixture)
{
    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_follower_tells_what_stood_there_then_what_comes_and_passes_over_the_unreadable(string target)
    {
        await using var kafka = await fixture.OpenAsync(target);
        await using var registries = new RegistryScope(kafka.Bootstrap);
        var settings = new KafkaSettings { BootstrapServers = kafka.Bootstrap, SchemaRegistryUrl = (await registries.StartAsync()).Url.ToString() };
        using var codecs = new MessageCodecs(settings, new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System);
        var topic = kafka.NewTopicName();
        var registry = Metrics.NewCustomRegistry();
        var follower = new CompactedFollower<ModelVersion>(settings, topic, codecs.Models, new StreamingMetrics(Metrics.WithCustomRegistry(registry)), NullLoggerFactory.Instance, TimeProvider.System);
        var changes = new ConcurrentQueue<FollowedChange<ModelVersion>>();
        using var stop = new CancellationTokenSource();
        // It starts before its topic is there.
        var following = follower.RunAsync((change, _) => { changes.Enqueue(change); return default; }, stop.Token);
        await kafka.Admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = 1, Configs = new() { ["cleanup.policy"] = "compact" } }]);
        using var publisher = new RecordPublisher(settings, "console", NullLoggerFactory.Instance, TimeProvider.System);
        await follower.CaughtUp.WaitAsync(KafkaScope.Limit, kafka.Token);

        await publisher.PublishAsync(topic, codecs.Models, Model("a", 1), kafka.Token);
        await publisher.PublishAsync(new OutputRecord(topic, "bad"u8.ToArray(), "not avro"u8.ToArray(), []), kafka.Token);
        await publisher.PublishAsync(new OutputRecord(topic, "a"u8.ToArray(), null, []), kafka.Token);
        await publisher.PublishAsync(topic, codecs.Models, Model("b", 2), kafka.Token);

        await KafkaScope.WaitForAsync(() => changes.Count >= 3, "three changes");
        Assert.Equal([("a", 1L), ("a", null), ("b", (long?)2)], changes.Select(change => (change.Key, change.Message?.Revision)));
        Assert.False(following.IsCompleted);
        await stop.CancelAsync();
        await following.WaitAsync(KafkaScope.Limit, kafka.Token);

        // Another one, later: everything that stands there comes before it says that it has caught up.
        var late = new ConcurrentQueue<string>();
        var again = new CompactedFollower<ModelVersion>(settings, topic, codecs.Models, new StreamingMetrics(Metrics.WithCustomRegistry(registry)), NullLoggerFactory.Instance, TimeProvider.System);
        using var stopAgain = new CancellationTokenSource();
        var followingAgain = again.RunAsync((change, _) => { late.Enqueue(change.Key); return default; }, stopAgain.Token);
        await again.CaughtUp.WaitAsync(KafkaScope.Limit, kafka.Token);
        Assert.Equal("b", late.Last());
        await stopAgain.CancelAsync();
        await followingAgain.WaitAsync(KafkaScope.Limit, kafka.Token);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_published_message_carries_its_key_and_all_headers(string target)
    {
        await using var kafka = await fixture.OpenAsync(target);
        await using var registries = new RegistryScope(kafka.Bootstrap);
        var settings = new KafkaSettings { BootstrapServers = kafka.Bootstrap, SchemaRegistryUrl = (await registries.StartAsync()).Url.ToString() };
        using var codecs = new MessageCodecs(settings, new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System);
        var topic = await kafka.CreateTopicAsync(3);
        using var publisher = new RecordPublisher(settings, "console", NullLoggerFactory.Instance, TimeProvider.System);

        var position = await publisher.PublishAsync(topic, codecs.Descriptions, new ProductDescription { DescriptionId = "d-1", Text = "desk lamp" }, kafka.Token);

        var record = Assert.Single(kafka.ReadAll(topic));
        Assert.Equal((position.Partition, position.Offset, "d-1"), (record.Partition.Value, record.Offset.Value, record.Message.Key));
        var headers = record.Message.Headers;
        Assert.Equal("hsstream.ProductDescription.v1", RecordHeaders.Text(headers, RecordHeaders.Type));
        Assert.Equal("hsstream/console", RecordHeaders.Text(headers, RecordHeaders.Source));
        Assert.Equal("1.0", RecordHeaders.Text(headers, RecordHeaders.SpecVersion));
        Assert.StartsWith("d-1/", RecordHeaders.Text(headers, RecordHeaders.Id), StringComparison.Ordinal);
        Assert.True(DateTimeOffset.TryParse(RecordHeaders.Text(headers, RecordHeaders.Time), System.Globalization.CultureInfo.InvariantCulture, out _));
        Assert.NotNull(RecordHeaders.TraceParent(headers));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Topics_are_created_once_and_wrong_ones_are_reported_not_touched(string target)
    {
        await using var kafka = await fixture.OpenAsync(target);
        var settings = new KafkaSettings { BootstrapServers = kafka.Bootstrap };
        var prefix = kafka.NewTopicName();
        string[] topics = [$"{prefix}-{Topics.Descriptions}", $"{prefix}-{Topics.Models}", $"{prefix}-{Topics.Experiments}", $"{prefix}-{Topics.DeadLetters}"];
        await kafka.Admin.CreateTopicsAsync([new() { Name = topics[2], NumPartitions = 2 }]);
        try
        {
            var first = await TopicSetup.EnsureAsync(settings, new TopicOptions { Partitions = 4 }, topics, NullLoggerFactory.Instance, kafka.Token);
            var second = await TopicSetup.EnsureAsync(settings, new TopicOptions { Partitions = 9 }, topics, NullLoggerFactory.Instance, kafka.Token);

            Assert.Equal([topics[0], topics[1], topics[3]], first.Created);
            Assert.Empty(second.Created);
            Assert.Equal([$"{topics[2]}: expected cleanup.policy compact, got delete", $"{topics[2]}: expected 1 partition, got 2"], second.Problems);
            var described = kafka.Admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
            Assert.Equal([4, 1, 2, 4], topics.Select(topic => described[topic]));
        }
        finally
        {
            await kafka.Admin.DeleteTopicsAsync(topics);
        }
    }

    private static ModelVersion Model(string version, long revision) => new()
    {
        Version = version, Stage = ModelStage.Champion, Revision = revision, Architecture = "x", EncoderHash = "e", Edition = NomenclatureEdition.Hs2022,
        ChangedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_763_985_600_123), ChangedBy = "me", Reason = "why not",
    };
}
