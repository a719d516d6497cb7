using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Embedded.Registry;
using HsStream.IntegrationTests.Broker;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>What the fault runs publish, read back by their checker.</summary>
public sealed class LoadTests(KafkaFixture kafka)
{
    private const int Count = 3_000;

    [Fact]
    public async Task The_load_holds_repetitions_revisions_and_every_kind_of_poison_and_is_read_back_as_it_was_published()
    {
        await using var scope = await kafka.OpenAsync(KafkaFixture.Embedded);
        await using var server = await SchemaRegistryServer.StartAsync(
            new SchemaRegistryOptions { BootstrapServers = scope.Bootstrap, Port = 0, Topic = scope.NewName("_schemas") }, NullLoggerFactory.Instance, TimeProvider.System, scope.Token);
        using var registry = new AvroRecords(server.Url);
        var topic = await scope.CreateTopicAsync(3);
        var encoding = await DescriptionEncoding.RegisterAsync(registry, topic, scope.Token);
        var plan = new LoadPlan(encoding, seed: 5, "x", poisonShare: 0.02);
        using (var producer = new DescriptionProducer(scope.Bootstrap, topic))
        {
            await producer.SendAsync(plan.Records(Count), 0, scope.Token);
            Assert.Equal(Count, producer.Acknowledged);
        }

        var facts = new TopicFacts(scope.Bootstrap, registry).Descriptions(topic);
        var planned = plan.Records(Count).ToList();
        Assert.Equal(planned.Select(r => (r.Key, r.Poison, Digests.OfRecord(r.Key is null ? null : System.Text.Encoding.UTF8.GetBytes(r.Key), r.Value))).Order(), facts.Select(f => (f.Key, f.Poison, f.Bytes)).Order());
        Assert.True(planned.Select(r => r.Poison).Distinct().Count() >= 10, "kinds of poison");
        Assert.All(facts.Where(f => f.Poison is null), f => Assert.Equal(f.Key, f.DescriptionId));
        var good = facts.Where(f => f.Poison is null).GroupBy(f => f.Key).ToList();
        Assert.Contains(good, g => g.Count() > 1 && g.DistinctBy(f => f.Text).Count() == 1);
        Assert.Contains(good, g => g.DistinctBy(f => f.Text).Count() > 1);
        Assert.Contains(planned, r => r.Timestamp is not null);
    }
}
