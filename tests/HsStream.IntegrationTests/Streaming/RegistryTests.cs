using System.Text;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using HsStream.Domain.Messages;
using HsStream.IntegrationTests.Broker;
using HsStream.IntegrationTests.Registry;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Tracing;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>The loop over a real schema registry: outages, poison of each kind, other people's serializers.</summary>
public sealed class RegistryTests(KafkaFixture fixture)
{
    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Each_poison_record_goes_to_the_dead_letters_and_its_neighbours_pass(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await using var registries = new RegistryScope(scope.Kafka.Bootstrap);
        var server = await registries.StartAsync();
        using var codecs = Codecs(scope, server.Url);
        var other = (int)(await RegistryScope.RegisterAsync(registries.Http(server), "other", """{"type":"record","name":"Other","fields":[{"name":"a","type":"string"}]}"""))["id"]!;
        var good = await EncodeAsync(codecs, scope, "g", "desk lamp");
        (string Key, byte[]? Value, string Reason)[] poison =
        [
            ("p0", null, DeadLetterReasons.NullValue),
            ("p1", "{\"text\":\"lamp\"}"u8.ToArray(), DeadLetterReasons.NotFramed),
            ("p2", [0, 1], DeadLetterReasons.NotFramed),
            ("p3", [0, 0x7F, 0, 0, 1, 2, 65], DeadLetterReasons.UnknownSchema),
            ("p4", [0, 0, 0, 0, (byte)other, 2, 65], DeadLetterReasons.WrongSchema),
            ("g", good[..^2], DeadLetterReasons.Unreadable),
            ("p6", await EncodeAsync(codecs, scope, "p6", "   "), DeadLetterReasons.EmptyText),
            ("p7", await EncodeAsync(codecs, scope, "p7", new string('x', 10_001)), DeadLetterReasons.OversizeText),
            ("", await EncodeAsync(codecs, scope, "", "lamp"), DeadLetterReasons.InvalidField),
            ("p9", good, DeadLetterReasons.KeyMismatch),
            ("p10", new byte[600_000], DeadLetterReasons.OversizeRecord),
        ];
        using (var producer = RawProducer(scope))
        {
            for (var i = 0; i < poison.Length; i++)
            {
                await producer.ProduceAsync(scope.Input, new() { Key = Encoding.UTF8.GetBytes($"n{i}"), Value = await EncodeAsync(codecs, scope, $"n{i}", $"neighbour {i}") }, scope.Kafka.Token);
                await producer.ProduceAsync(scope.Input, new() { Key = Encoding.UTF8.GetBytes(poison[i].Key), Value = poison[i].Value! }, scope.Kafka.Token);
            }
        }

        await using var running = Start(scope, codecs, options => options.MaxRecordBytes = 500_000);

        var dead = await scope.ReadAsync(scope.DeadLetters, poison.Length);
        Assert.Equal(poison.Select(one => (one.Key, one.Reason)), dead.Select(one => (one.Message.Key ?? "", RecordHeaders.Text(one.Message.Headers, DeadLetterRecord.Reason)!)).OrderBy(one => Array.FindIndex(poison, p => p.Key == one.Item1 && p.Reason == one.Item2)));
        Assert.All(dead, one => Assert.False(string.IsNullOrEmpty(RecordHeaders.Text(one.Message.Headers, DeadLetterRecord.Detail))));
        Assert.Equal(Enumerable.Range(0, poison.Length).Select(i => $"n{i}"), (await scope.ReadAsync(scope.Output, poison.Length)).Select(one => one.Message.Key));
        Assert.Equal(0, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_registry_that_is_away_at_start_and_in_flight_loses_nothing(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 2);
        await using var registries = new RegistryScope(scope.Kafka.Bootstrap);
        var server = await registries.StartAsync();
        var port = server.Url.Port;
        using (var codecs = Codecs(scope, server.Url))
        using (var producer = RawProducer(scope))
        {
            for (var i = 0; i < 50; i++) { await producer.ProduceAsync(scope.Input, new() { Key = Encoding.UTF8.GetBytes($"d{i}"), Value = await EncodeAsync(codecs, scope, $"d{i}", $"lamp {i}") }, scope.Kafka.Token); }
        }

        await registries.StopAsync(server);
        scope.Settings.ClientProperties["max.poll.interval.ms"] = "6000";
        using var fresh = Codecs(scope, new Uri($"http://127.0.0.1:{port}"));
        await using var running = Start(scope, fresh);
        // Longer than a consumer may go without polling: it must not lose its place in the group over this.
        await KafkaScope.WaitForAsync(() => running.IsReady, "the group");
        await Task.Delay(TimeSpan.FromSeconds(7), scope.Kafka.Token);
        Assert.Equal(0, scope.Counted("hsstream_processor_records_total"));
        Assert.False(running.Task.IsCompleted);

        await using var back = await HsStream.Embedded.Registry.SchemaRegistryServer.StartAsync(registries.Options(port: port), NullLoggerFactory.Instance, TimeProvider.System, scope.Kafka.Token);

        Assert.Equal(50, (await scope.ReadAsync(scope.Output, 50)).Select(one => one.Message.Key).Distinct().Count());
        Assert.Empty(scope.Kafka.ReadAll(scope.DeadLetters));
        Assert.Equal(0, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Confluent_s_serializer_and_ours_read_each_other(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await using var registries = new RegistryScope(scope.Kafka.Bootstrap);
        var server = await registries.StartAsync();
        using var codecs = Codecs(scope, server.Url);
        using var client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url.ToString() });
        var context = new SerializationContext(MessageComponentType.Value, scope.Input);

        var theirs = await new AvroDeserializer<GenericRecord>(client).DeserializeAsync(await EncodeAsync(codecs, scope, "d-1", "desk lamp"), isNull: false, context);
        Assert.Equal("desk lamp", theirs["text"]);

        theirs.Add("text", "floor lamp");
        var bytes = await new AvroSerializer<GenericRecord>(client).SerializeAsync(theirs, context);
        var ours = await codecs.Descriptions.DecodeAsync(scope.Input, bytes, scope.Kafka.Token);
        Assert.Equal(("d-1", "floor lamp"), (ours.DescriptionId, ours.Text));
        Assert.Single(await client.GetSubjectVersionsAsync($"{scope.Input}-value"));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Registration_has_every_subject_stay_compatible(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await using var registries = new RegistryScope(scope.Kafka.Bootstrap);
        var server = await registries.StartAsync();
        using var codecs = Codecs(scope, server.Url);
        using var client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url.ToString() });

        await codecs.RegisterAsync(scope.Kafka.Token);
        await codecs.RegisterAsync(scope.Kafka.Token);

        foreach (var topic in Topics.All.Where(topic => topic != Topics.DeadLetters))
        {
            Assert.Equal(Compatibility.FullTransitive, await client.GetCompatibilityAsync($"{topic}-value"));
            Assert.Equal([1], await client.GetSubjectVersionsAsync($"{topic}-value"));
        }
    }

    private static MessageCodecs Codecs(StreamingScope scope, Uri url) =>
        new(new KafkaSettings { BootstrapServers = scope.Kafka.Bootstrap, SchemaRegistryUrl = url.ToString(), RegistryMaxBackoff = TimeSpan.FromMilliseconds(300) }, new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System);

    private static Task<byte[]> EncodeAsync(MessageCodecs codecs, StreamingScope scope, string id, string text) =>
        codecs.Descriptions.EncodeAsync(scope.Input, new ProductDescription { DescriptionId = id, Text = text }, scope.Kafka.Token).AsTask();

    private static IProducer<byte[], byte[]> RawProducer(StreamingScope scope) =>
        new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = scope.Kafka.Bootstrap, LingerMs = 0 }).SetLogHandler((_, _) => { }).Build();

    private static RunningProcessor Start(StreamingScope scope, MessageCodecs codecs, Action<ProcessorOptions>? configure = null) => scope.Keep(
        TransactionalProcessor.For(
            scope.Settings, scope.Options(configure: configure), codecs.Descriptions, new TextHandler(scope.Output), new StreamingMetrics(Metrics.WithCustomRegistry(scope.Registry)), NullLoggerFactory.Instance, TimeProvider.System));

    private sealed class TextHandler(string output) : IMessageHandler<ProductDescription>
    {
        public Task HandleAsync(IReadOnlyList<InputMessage<ProductDescription>> batch, IOutputs outputs, CancellationToken cancellationToken)
        {
            foreach (var (record, message) in batch) { outputs.Produce(new OutputRecord(output, record.Key, Encoding.UTF8.GetBytes(message.Text), []), record); }
            return Task.CompletedTask;
        }
    }
}
