using Avro.Generic;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using Xunit;
using ApacheSchema = Avro.Schema;
using SchemaReference = Confluent.SchemaRegistry.SchemaReference;

namespace HsStream.IntegrationTests.Registry;

/// <summary>Confluent's own .NET client, end to end.</summary>
public sealed class SerdesTests(RegistryKafka kafka)
{
    private const string V1 = """{"type":"record","name":"Item","namespace":"test","fields":[{"name":"text","type":"string"}]}""";
    private const string V2 = """{"type":"record","name":"Item","namespace":"test","fields":[{"name":"text","type":"string"},{"name":"code","type":["null","string"],"default":null}]}""";
    private const string Breaking = """{"type":"record","name":"Item","namespace":"test","fields":[{"name":"text","type":"int"}]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_written_with_one_version_are_read_with_the_next()
    {
        await using var scope = await kafka.OpenAsync();
        var server = await scope.StartAsync();
        using var registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url.ToString() });
        var topic = $"items-{Guid.NewGuid():N}";
        using var admin = scope.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 1, ReplicationFactor = -1 }]);
        using (var producer = new ProducerBuilder<Null, GenericRecord>(new ProducerConfig { BootstrapServers = scope.Bootstrap })
            .SetValueSerializer(new AvroSerializer<GenericRecord>(registry)).SetLogHandler((_, _) => { }).Build())
        {
            foreach (var text in new[] { V1, V2 })
            {
                var record = new GenericRecord((Avro.RecordSchema)ApacheSchema.Parse(text));
                record.Add("text", $"lamp {text.Length}");
                if (text == V2) { record.Add("code", "9405"); }
                await producer.ProduceAsync(topic, new Message<Null, GenericRecord> { Value = record }, Cancel);
            }
        }

        using var reader = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url.ToString() });
        using var consumer = new ConsumerBuilder<Ignore, GenericRecord>(new ConsumerConfig { BootstrapServers = scope.Bootstrap, GroupId = topic, AutoOffsetReset = AutoOffsetReset.Earliest })
            .SetValueDeserializer(new AvroDeserializer<GenericRecord>(reader).AsSyncOverAsync()).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var first = consumer.Consume(RegistryScope.Patience).Message.Value;
        var second = consumer.Consume(RegistryScope.Patience).Message.Value;

        Assert.Equal($"lamp {V1.Length}", first["text"]);
        Assert.Equal("9405", second["code"]);
        Assert.Equal([1, 2], await registry.GetSubjectVersionsAsync($"{topic}-value"));
        consumer.Close();
        await admin.DeleteTopicsAsync([topic]);
    }

    [Fact]
    public async Task Every_call_of_the_client_is_served()
    {
        await using var scope = await kafka.OpenAsync();
        var server = await scope.StartAsync();
        using var registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url.ToString() });

        Assert.Empty(await registry.GetAllSubjectsAsync());
        var id = await registry.RegisterSchemaAsync("a/b", new Confluent.SchemaRegistry.Schema(V1, SchemaType.Avro));
        Assert.Equal(id, await registry.GetSchemaIdAsync("a/b", new Confluent.SchemaRegistry.Schema(V1, SchemaType.Avro)));
        Assert.Equal(["a/b"], await registry.GetAllSubjectsAsync());
        Assert.Equal(V1, (await registry.GetSchemaAsync(id)).SchemaString);
        Assert.Equal(V1, (await registry.GetSchemaBySubjectAndIdAsync("a/b", id)).SchemaString);
        Assert.True(await registry.IsCompatibleAsync("a/b", new Confluent.SchemaRegistry.Schema(V2, SchemaType.Avro)));
        Assert.False(await registry.IsCompatibleAsync("a/b", new Confluent.SchemaRegistry.Schema(Breaking, SchemaType.Avro)));
        await registry.RegisterSchemaAsync("a/b", new Confluent.SchemaRegistry.Schema(V2, SchemaType.Avro), normalize: true);
        Assert.Equal(2, (await registry.GetLatestSchemaAsync("a/b")).Version);
        Assert.Equal(1, (await registry.GetRegisteredSchemaAsync("a/b", 1)).Version);
        Assert.Equal(2, (await registry.LookupSchemaAsync("a/b", new Confluent.SchemaRegistry.Schema(V2, SchemaType.Avro), ignoreDeletedSchemas: true)).Version);
        Assert.Equal(Compatibility.Backward, await registry.GetCompatibilityAsync());
        Assert.Equal(Compatibility.Full, await registry.UpdateCompatibilityAsync(Compatibility.Full, "a/b"));
        Assert.Equal(Compatibility.Full, await registry.GetCompatibilityAsync("a/b"));

        var incompatible = await Assert.ThrowsAsync<SchemaRegistryException>(
            () => registry.RegisterSchemaAsync("a/b", new Confluent.SchemaRegistry.Schema(Breaking, SchemaType.Avro)));
        Assert.Equal((System.Net.HttpStatusCode.Conflict, 409), (incompatible.Status, incompatible.ErrorCode));
        var missing = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetLatestSchemaAsync("none"));
        Assert.Equal(40401, missing.ErrorCode);
    }

    [Fact]
    public async Task References_are_served_to_the_client()
    {
        await using var scope = await kafka.OpenAsync();
        var server = await scope.StartAsync();
        using var registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = server.Url.ToString() });
        await registry.RegisterSchemaAsync("code", new Confluent.SchemaRegistry.Schema("""{"type":"fixed","name":"test.Code","size":6}""", SchemaType.Avro));
        var user = new Confluent.SchemaRegistry.Schema(
            """{"type":"record","name":"Line","namespace":"test","fields":[{"name":"code","type":"Code"}]}""",
            [new SchemaReference("test.Code", "code", 1)], SchemaType.Avro);

        var id = await registry.RegisterSchemaAsync("line", user);

        var read = await registry.GetSchemaAsync(id);
        Assert.Equal(("test.Code", "code", 1), (read.References[0].Name, read.References[0].Subject, read.References[0].Version));
        Assert.Equal(id, (await registry.LookupSchemaAsync("line", user, ignoreDeletedSchemas: false)).Id);
    }
}
