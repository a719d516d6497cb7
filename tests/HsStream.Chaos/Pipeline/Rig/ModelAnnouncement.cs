using System.Text;
using Avro;
using Avro.Generic;
using Avro.IO;
using Confluent.Kafka;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Scoring.Bundles;

namespace HsStream.Chaos.Pipeline.Rig;

/// <summary>Tells scorers over <c>hs.models</c> which bundle serves, as the ledger's publisher would.</summary>
internal static class ModelAnnouncement
{
    public static async Task PublishAsync(string bootstrap, AvroRecords registry, string topic, BundleManifest manifest, string stage, CancellationToken cancellationToken)
    {
        var text = AvroRecords.Committed("ModelVersion");
        var schema = (RecordSchema)Schema.Parse(text);
        var id = await registry.RegisterAsync(topic + "-value", text, cancellationToken);
        var record = new GenericRecord(schema);
        record.Add("model_version", manifest.ModelVersion);
        record.Add("stage", new GenericEnum((EnumSchema)schema["stage"].Schema, stage));
        record.Add("revision", 1L);
        record.Add("architecture", manifest.Architecture);
        record.Add("encoder_hash", manifest.EncoderHash);
        record.Add("nomenclature_edition", manifest.NomenclatureEdition);
        record.Add("changed_at", manifest.CreatedAt.UtcDateTime);
        record.Add("changed_by", "chaos");
        record.Add("reason", "a fault run");
        record.Add("evidence", null);
        record.Add("metrics", new Dictionary<string, object>());
        using var bytes = new MemoryStream();
        new GenericDatumWriter<GenericRecord>(schema).Write(record, new BinaryEncoder(bytes));
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = bootstrap, EnableIdempotence = true })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        await producer.ProduceAsync(
            topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(manifest.ModelVersion), Value = DescriptionEncoding.Frame(id, bytes.ToArray()) }, cancellationToken);
    }
}
