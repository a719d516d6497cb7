using System.Text.Json.Nodes;
using Avro;
using Avro.Generic;
using Avro.IO;
using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>What other versions and other people's schemas wrote, by Avro's rules of schema resolution.</summary>
public sealed class ResolutionTests
{
    private readonly MessageCodecs _codecs;
    private readonly FakeRegistry _registry;

    public ResolutionTests() => (_codecs, _registry) = FakeRegistry.Create();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_smallest_schema_that_carries_the_text_is_enough()
    {
        var read = await ReadAsync(
            _codecs.Descriptions, """{"type":"record","name":"ProductDescription","namespace":"hsstream","fields":[{"name":"text","type":"string"},{"name":"description_id","type":"string"}]}""",
            record => { record.Add("text", "desk lamp"); record.Add("description_id", "d-1"); });

        Assert.Equal(("d-1", "desk lamp", null, null, 0), (read.DescriptionId, read.Text, read.Source, read.DescribedAt, read.Attributes.Count));
    }

    [Fact]
    public async Task Fields_that_we_do_not_know_are_passed_over()
    {
        var read = await ReadAsync(
            _codecs.Descriptions,
            """{"type":"record","name":"ProductDescription","namespace":"hsstream","fields":[{"name":"weight","type":{"type":"array","items":"double"}},{"name":"description_id","type":"string"},{"name":"text","type":"string"},{"name":"described_at","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},{"name":"more","type":["null",{"type":"record","name":"More","fields":[{"name":"a","type":"bytes"}]}]}]}""",
            record =>
            {
                record.Add("weight", new object[] { 1.5, 2.5 });
                record.Add("description_id", "d-1");
                record.Add("text", "desk lamp");
                record.Add("described_at", DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000).UtcDateTime);
                record.Add("more", null);
            });

        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), read.DescribedAt);
    }

    [Fact]
    public async Task Docs_and_logical_types_make_no_difference_and_cost_nothing()
    {
        var schema = JsonNode.Parse(_codecs.Predictions.SchemaText)!.AsObject();
        schema["doc"] = "Somebody else's words.";
        var writer = WriterSchema.Of(AvroSchemas.Parse(schema.ToJsonString()), MessageSchema.Load("HsPrediction"));
        var bytes = new byte[] { 1, 2, 3 }.AsMemory();

        Assert.True(writer.ToReader(bytes).Span == bytes.Span, "Expected the same bytes, not a copy.");
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_symbol_that_we_do_not_know_becomes_the_default()
    {
        var schema = JsonNode.Parse(_codecs.Models.SchemaText)!.AsObject();
        var symbols = schema["fields"]!.AsArray().Single(field => (string)field!["name"]! == "stage")!["type"]!["symbols"]!.AsArray();
        symbols.Insert(0, "FROZEN");
        var model = Messages.Models.Single() with { Stage = ModelStage.Trained };
        var id = _registry.Add(schema.ToJsonString());
        // TRAINED is the first symbol of ours; under the writer's schema the same byte says FROZEN.
        var bytes = _codecs.Models.Encode(id, model);

        Assert.Equal(ModelStage.Trained, (await _codecs.Models.DecodeAsync("t", bytes, Cancel)).Stage);

        // And CANDIDATE, our second, is the writer's TRAINED.
        Assert.Equal(ModelStage.Trained, (await _codecs.Models.DecodeAsync("t", _codecs.Models.Encode(id, model with { Stage = ModelStage.Candidate }), Cancel)).Stage);
    }

    [Fact]
    public async Task Numbers_are_promoted()
    {
        var schema = _codecs.Experiments.SchemaText.Replace("""{"name": "revision", "type": "long",""", """{"name": "revision", "type": "int",""", StringComparison.Ordinal)
            .Replace("""{"name": "candidate_share", "type": "double",""", """{"name": "candidate_share", "type": "float",""", StringComparison.Ordinal);
        Assert.NotEqual(_codecs.Experiments.SchemaText, schema);
        var experiment = Messages.Experiments.Single();
        var read = await ReadAsync(
            _codecs.Experiments, schema,
            record =>
            {
                record.Add("experiment_id", "e-1");
                record.Add("kind", new GenericEnum((EnumSchema)record.Schema["kind"].Schema, "SPLIT"));
                record.Add("status", new GenericEnum((EnumSchema)record.Schema["status"].Schema, "RUNNING"));
                record.Add("champion", "a");
                record.Add("candidate", "b");
                record.Add("candidate_share", 0.25f);
                record.Add("salt", "s");
                record.Add("revision", 7);
                record.Add("changed_at", experiment.ChangedAt.UtcDateTime);
                record.Add("changed_by", "me");
                record.Add("reason", "why not");
            });

        Assert.Equal((7, 0.25, ExperimentKind.Split, true), (read.Revision, read.CandidateShare, read.Kind, read.IsRunning));
    }

    [Fact]
    public async Task A_required_field_that_the_writer_lacks_cannot_be_made_up()
    {
        var id = _registry.Add("""{"type":"record","name":"ProductDescription","namespace":"hsstream","fields":[{"name":"description_id","type":"string"}]}""");

        var refusal = await Assert.ThrowsAsync<RecordException>(() => _codecs.Descriptions.DecodeAsync("t", [0, 0, 0, 0, (byte)id, 2, 65], Cancel).AsTask());

        Assert.Equal(DeadLetterReasons.WrongSchema, refusal.Reason);
    }

    private async Task<T> ReadAsync<T>(MessageCodec<T> codec, string schema, Action<GenericRecord> fill)
        where T : class
    {
        var parsed = (RecordSchema)Schema.Parse(schema);
        var record = new GenericRecord(parsed);
        fill(record);
        using var stream = new MemoryStream();
        new GenericDatumWriter<GenericRecord>(parsed).Write(record, new BinaryEncoder(stream));
        return await codec.DecodeAsync("t", [0, 0, 0, 0, (byte)_registry.Add(schema), .. stream.ToArray()], Cancel);
    }
}
