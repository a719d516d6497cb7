using System.Buffers.Binary;
using Avro;
using Avro.Generic;
using Avro.IO;
using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Streaming.Codecs;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>What is written can be read, by us and by the Avro library, and what breaks a rule is refused with the field.</summary>
public sealed class CodecTests
{
    private static readonly MessageCodecs Codecs = FakeRegistry.Create().Codecs;

    [Fact]
    public void Descriptions_survive_the_round_trip() => RoundTrip(Codecs.Descriptions, Messages.Descriptions);

    [Fact]
    public void Predictions_survive_the_round_trip() => RoundTrip(Codecs.Predictions, Messages.Predictions);

    [Fact]
    public void Corrections_survive_the_round_trip() => RoundTrip(Codecs.Corrections, Messages.Corrections);

    [Fact]
    public void Models_survive_the_round_trip() => RoundTrip(Codecs.Models, Messages.Models);

    [Fact]
    public void Experiments_survive_the_round_trip() => RoundTrip(Codecs.Experiments, Messages.Experiments);

    [Fact]
    public void Signals_survive_the_round_trip() => RoundTrip(Codecs.Signals, Messages.Signals);

    [Fact]
    public void Retraining_requests_survive_the_round_trip() => RoundTrip(Codecs.Retraining, Messages.Retraining);

    [Fact]
    public void The_library_reads_what_we_write_under_the_names_of_the_schema() => Messages.Predictions.Sample(
        message =>
        {
            var record = Library(Codecs.Predictions, message);
            Assert.Equal(message.DescriptionId, record["description_id"]);
            Assert.Equal(message.Code.ToString(), record["code"]);
            Assert.Equal(message.Outcome.ToString().ToUpperInvariant(), ((GenericEnum)record["outcome"]).Value);
            Assert.Equal(message.DecidedLevel.ToString().ToUpperInvariant(), ((GenericEnum)record["decided_level"]).Value);
            Assert.Equal(message.Origin.Offset, ((GenericRecord)record["origin"])["offset"]);
            Assert.Equal(message.Confidence.Chapter, ((GenericRecord)record["confidence"])["chapter"]);
            Assert.Equal(message.Headings.Select(one => one.Code.ToString()), ((object[])record["headings"]).Select(one => ((GenericRecord)one)["code"]));
            Assert.Equal(message.Timing.ScoredAt.UtcDateTime, ((GenericRecord)record["timing"])["scored_at"]);
            Assert.Equal((long)message.Timing.Scoring.TotalMicroseconds, ((GenericRecord)record["timing"])["scoring_micros"]);
            Assert.Equal(message.Profile.NgramWidth, ((GenericRecord)record["profile"])["ngram_width"]);
            Assert.Equal(message.Source, record["source"]);
        },
        iter: 200);

    [Fact]
    public void The_library_reads_descriptions_corrections_models_and_experiments_alike()
    {
        Messages.Descriptions.Sample(message => Assert.Equal(message.Attributes, ((IDictionary<string, object>)Library(Codecs.Descriptions, message)["attributes"]).ToDictionary(one => one.Key, one => (string)one.Value)), iter: 100);
        Messages.Corrections.Sample(message => Assert.Equal((message.SamplingProbability, message.Kind.ToString().ToUpperInvariant()), ((double?)Library(Codecs.Corrections, message)["sampling_probability"], ((GenericEnum)Library(Codecs.Corrections, message)["kind"]).Value)), iter: 100);
        Messages.Models.Sample(message => Assert.Equal((message.Reason, message.Stage.ToString().ToUpperInvariant()), ((string)Library(Codecs.Models, message)["reason"], ((GenericEnum)Library(Codecs.Models, message)["stage"]).Value)), iter: 100);
        Messages.Experiments.Sample(message => Assert.Equal((message.Reason, message.IsRunning ? "RUNNING" : "STOPPED"), ((string)Library(Codecs.Experiments, message)["reason"], ((GenericEnum)Library(Codecs.Experiments, message)["status"]).Value)), iter: 100);
        Messages.Signals.Sample(message => Assert.Equal(message.RaisedAt.UtcDateTime, Library(Codecs.Signals, message)["raised_at"]), iter: 100);
        Messages.Retraining.Sample(message => Assert.Equal((message.RequestedAt.UtcDateTime, message.Trigger.ToString().ToUpperInvariant()), ((DateTime)Library(Codecs.Retraining, message)["requested_at"], ((GenericEnum)Library(Codecs.Retraining, message)["trigger"]).Value)), iter: 100);
    }

    [Fact]
    public void A_record_begins_with_the_magic_byte_and_the_id()
    {
        var bytes = Codecs.Descriptions.Encode(0x01020304, new ProductDescription { DescriptionId = "d", Text = "lamp" });

        Assert.Equal(0, bytes[0]);
        Assert.Equal(0x01020304, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)));
    }

    private static void RoundTrip<T>(MessageCodec<T> codec, Gen<T> messages)
        where T : class => messages.Sample(
            message =>
            {
                var bytes = codec.EncodeAsync("topic", message, CancellationToken.None).AsTask().GetAwaiter().GetResult();
                var read = codec.DecodeAsync("topic", bytes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
                Assert.Equal(MessageJson.Of(message), MessageJson.Of(read));
            },
            iter: 300);

    private static GenericRecord Library<T>(MessageCodec<T> codec, T message)
        where T : class
    {
        var schema = Schema.Parse(codec.SchemaText);
        return new GenericDatumReader<GenericRecord>(schema, schema).Read(null!, new BinaryDecoder(new MemoryStream(codec.Encode(1, message), 5, codec.Encode(1, message).Length - 5)));
    }
}
