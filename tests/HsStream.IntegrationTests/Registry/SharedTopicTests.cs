using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Embedded.Registry;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Registry;

/// <summary>What the topic is for: restarts, several registries, and other writers.</summary>
public sealed class SharedTopicTests(RegistryKafka kafka)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Enum(int n) => $$"""{"type":"enum","name":"E{{n}}","symbols":["A"]}""";

    [Fact]
    public async Task A_restart_keeps_ids_versions_and_settings()
    {
        await using var scope = await kafka.OpenAsync();
        var first = await scope.StartAsync();
        var http = scope.Http(first);
        await RegistryScope.RegisterAsync(http, "a/b c", Enum(1));
        await RegistryScope.SendAsync(http, HttpMethod.Put, "config/s", """{"compatibility":"NONE"}""");
        await RegistryScope.RegisterAsync(http, "s", Enum(2));
        await RegistryScope.RegisterAsync(http, "s", Enum(3));
        await RegistryScope.SendAsync(http, HttpMethod.Delete, "subjects/s/versions/1");
        var before = await DumpAsync(http);
        await scope.StopAsync(first);

        var again = scope.Http(await scope.StartAsync());

        Assert.Equal(before, await DumpAsync(again));
        Assert.Equal(4, (int)(await RegistryScope.RegisterAsync(again, "s", Enum(4)))["id"]!);
    }

    [Fact]
    public async Task Two_registries_racing_lose_nothing_and_end_alike()
    {
        const int Each = 200;
        await using var scope = await kafka.OpenAsync();
        var both = new[] { scope.Http(await scope.StartAsync()), scope.Http(await scope.StartAsync()) };
        await RegistryScope.SendAsync(both[0], HttpMethod.Put, "config", """{"compatibility":"NONE"}""");

        // Each schema goes to both; 16 requests are on their way at any time.
        var answers = new (int Id, int Version)[2 * Each];
        await Parallel.ForAsync(0, 2 * Each, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (i, _) =>
        {
            var answer = await RegistryScope.RegisterAsync(both[i % 2], $"s{i / 2 % 5}", Enum(i / 2));
            answers[i] = ((int)answer["id"]!, (int)answer["version"]!);
        });

        for (var n = 0; n < Each; n++) { Assert.Equal(answers[2 * n], answers[(2 * n) + 1]); }
        Assert.Equal(Each, answers.Select(answer => answer.Id).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, Each), answers.Select(answer => answer.Id).Distinct().Order());
        await RegistryScope.WaitAsync(async () => await DumpAsync(both[0]) == await DumpAsync(both[1]), "the two registries to agree");
        for (var n = 0; n < Each; n++)
        {
            var (_, schema) = await RegistryScope.SendAsync(both[0], HttpMethod.Get, $"schemas/ids/{answers[2 * n].Id}");
            Assert.Equal(Enum(n), (string)schema!["schema"]!);
        }
    }

    [Fact]
    public async Task Of_two_schemas_that_exclude_each_other_one_gets_in()
    {
        await using var scope = await kafka.OpenAsync();
        var both = new[] { scope.Http(await scope.StartAsync()), scope.Http(await scope.StartAsync()) };
        for (var round = 0; round < 20; round++)
        {
            var outcomes = await Task.WhenAll(both.Select((http, i) => RegistryScope.SendAsync(
                http, HttpMethod.Post, $"subjects/s{round}/versions", RegistryScope.Body(Enum(i)))));
            Assert.Equal([200, 409], outcomes.Select(outcome => outcome.Status).Order());
        }
    }

    [Fact]
    public async Task Another_program_s_records_are_seen_before_the_next_decision()
    {
        await using var scope = await kafka.OpenAsync();
        var http = scope.Http(await scope.StartAsync());
        await RegistryScope.RegisterAsync(http, "s", Enum(1));
        using var producer = new ProducerBuilder<byte[], byte[]?>(new ProducerConfig { BootstrapServers = scope.Bootstrap }).SetLogHandler((_, _) => { }).Build();
        var foreign = new SchemaLogRecord.SchemaPut(new StoredSchema("other", 1, 2, Enum(9), [], null, null));
        await producer.ProduceAsync(new TopicPartition(scope.Topic, 0), new Message<byte[], byte[]?> { Key = foreign.Key(), Value = foreign.Value() }, Cancel);

        Assert.Equal(3, (int)(await RegistryScope.RegisterAsync(http, "t", Enum(2)))["id"]!);
        Assert.Equal(2, (int)(await RegistryScope.RegisterAsync(http, "u", Enum(9)))["id"]!);
    }

    [Fact]
    public async Task A_writer_killed_in_its_transaction_holds_nobody_up_and_leaves_nothing()
    {
        await using var scope = await kafka.OpenAsync();
        var first = await scope.StartAsync();
        await RegistryScope.RegisterAsync(scope.Http(first), "s", Enum(1));
        await scope.StopAsync(first);
        // What a registry does before it commits, and then nothing any more.
        using var killed = new ProducerBuilder<byte[], byte[]?>(new ProducerConfig
        {
            BootstrapServers = scope.Bootstrap,
            TransactionalId = $"hsstream-schema-registry-{scope.Topic}",
            TransactionTimeoutMs = 60_000,
        }).SetLogHandler((_, _) => { }).Build();
        killed.InitTransactions(RegistryScope.Patience);
        killed.BeginTransaction();
        var half = new SchemaLogRecord.SchemaPut(new StoredSchema("half", 1, 2, Enum(2), [], null, null));
        await killed.ProduceAsync(new TopicPartition(scope.Topic, 0), new Message<byte[], byte[]?> { Key = half.Key(), Value = half.Value() }, Cancel);

        var started = TimeProvider.System.GetTimestamp();
        var http = scope.Http(await scope.StartAsync());
        Assert.Equal(2, (int)(await RegistryScope.RegisterAsync(http, "t", Enum(3)))["id"]!);

        // Less than the transaction's own timeout.
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
        Assert.Equal(404, (await RegistryScope.SendAsync(http, HttpMethod.Get, "subjects/half/versions")).Status);
        Assert.DoesNotContain(scope.ReadTopic(), record => Encoding.UTF8.GetString(record.Message.Key).Contains("half"));
    }

    [Fact]
    public async Task Compaction_takes_nothing_away_that_counts()
    {
        await using var scope = await kafka.OpenAsync();
        using var admin = scope.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = scope.Topic, NumPartitions = 1, ReplicationFactor = -1,
            Configs = new()
            {
                ["cleanup.policy"] = "compact", ["segment.ms"] = "200", ["min.cleanable.dirty.ratio"] = "0.01",
                ["max.compaction.lag.ms"] = "200", ["delete.retention.ms"] = "100",
            },
        }]);
        var server = await scope.StartAsync();
        var http = scope.Http(server);
        await RegistryScope.SendAsync(http, HttpMethod.Put, "config", """{"compatibility":"NONE"}""");
        for (var n = 0; n < 20; n++)
        {
            await RegistryScope.RegisterAsync(http, $"s{n % 4}", Enum(n));
            await RegistryScope.SendAsync(http, HttpMethod.Put, "config/s0", $$"""{"compatibility":"{{(n % 2 == 0 ? "NONE" : "FULL")}}"}""");
            if (n % 4 != 0) { continue; }
            await RegistryScope.SendAsync(http, HttpMethod.Delete, $"subjects/s{n % 4}");
            await RegistryScope.SendAsync(http, HttpMethod.Delete, $"subjects/s{n % 4}?permanent=true");
        }
        var maxId = (int)(await RegistryScope.SendAsync(http, HttpMethod.Get, "schemas/ids/2?fetchMaxId=true")).Body!["maxId"]!;
        var before = await DumpAsync(http);
        var written = scope.ReadTopic().Count;
        await RegistryScope.WaitAsync(
            async () =>
            {
                // Segments roll, and so become cleanable, when something is written.
                await RegistryScope.SendAsync(http, HttpMethod.Put, "config/other", """{"compatibility":"FULL"}""");
                return scope.ReadTopic().Count < written * 2 / 3;
            }, $"the topic to be compacted from {written} records");
        await scope.StopAsync(server);

        var again = scope.Http(await scope.StartAsync());

        Assert.Equal(before, await DumpAsync(again));
        Assert.Equal(maxId + 1, (int)(await RegistryScope.RegisterAsync(again, "new", Enum(999)))["id"]!);
    }

    [Fact]
    public async Task A_topic_deleted_under_a_running_registry_is_made_anew_and_starts_empty()
    {
        await using var scope = await kafka.OpenAsync();
        var http = scope.Http(await scope.StartAsync());
        await RegistryScope.RegisterAsync(http, "s", Enum(1));
        using var admin = scope.Admin();
        await admin.DeleteTopicsAsync([scope.Topic]);

        var (status, answer) = await RegistryScope.SendAsync(http, HttpMethod.Post, "subjects/t/versions", RegistryScope.Body(Enum(2)));

        Assert.True(status == 200, $"{answer}");
        Assert.Equal(1, (int)answer!["id"]!);
        Assert.Equal("""["t"]""", (await RegistryScope.SendAsync(http, HttpMethod.Get, "subjects")).Body!.ToJsonString());
        var configs = await admin.DescribeConfigsAsync([new ConfigResource { Name = scope.Topic, Type = ResourceType.Topic }]);
        Assert.Equal("compact", configs[0].Entries["cleanup.policy"].Value);
    }

    [Fact]
    public async Task A_topic_that_would_lose_schemas_is_refused()
    {
        await using var scope = await kafka.OpenAsync();
        using var admin = scope.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = scope.Topic, NumPartitions = 1, ReplicationFactor = -1 }]);

        var refusal = await Assert.ThrowsAsync<SchemaLogException>(() => scope.StartAsync());
        Assert.Contains("cleanup.policy=compact", refusal.Message);
    }

    [Fact]
    public async Task The_topic_is_created_with_one_compacted_partition()
    {
        await using var scope = await kafka.OpenAsync();
        await scope.StartAsync();
        using var admin = scope.Admin();

        Assert.Single(admin.GetMetadata(scope.Topic, RegistryScope.Patience).Topics[0].Partitions);
        var configs = await admin.DescribeConfigsAsync([new ConfigResource { Name = scope.Topic, Type = ResourceType.Topic }]);
        Assert.Equal("compact", configs[0].Entries["cleanup.policy"].Value);
    }

    [Fact]
    public async Task A_cluster_that_never_answers_ends_the_start_with_its_address()
    {
        var options = new SchemaRegistryOptions { Port = 0, BootstrapServers = "127.0.0.1:1", StartTimeout = TimeSpan.FromSeconds(2) };

        var refusal = await Assert.ThrowsAsync<SchemaLogException>(
            () => SchemaRegistryServer.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, Cancel));
        Assert.Contains("127.0.0.1:1", refusal.Message);
    }

    private static async Task<string> DumpAsync(HttpClient http)
    {
        var (_, schemas) = await RegistryScope.SendAsync(http, HttpMethod.Get, "schemas?deleted=true");
        var (_, config) = await RegistryScope.SendAsync(http, HttpMethod.Get, "config/s?defaultToGlobal=true");
        return new JsonArray(schemas!.DeepClone(), config!.DeepClone()).ToJsonString();
    }
}
