using System.Buffers.Binary;
using Avro;
using Avro.Generic;
using Avro.IO;
using HsStream.Chaos.Pipeline.Checking;

namespace HsStream.Chaos.Pipeline.Load;

/// <summary>Writes descriptions as any shipping system would: Apache's Avro writer, the committed schema, a registry.</summary>
internal sealed class DescriptionEncoding
{
    private const string Other = """{"type":"record","name":"SomethingElse","namespace":"hsstream.chaos","fields":[{"name":"note","type":"string"}]}""";

    private readonly RecordSchema _schema;
    private readonly GenericDatumWriter<GenericRecord> _writer;

    private DescriptionEncoding(string schema, int id, int otherId)
    {
        _schema = (RecordSchema)Schema.Parse(schema);
        _writer = new GenericDatumWriter<GenericRecord>(_schema);
        (Id, OtherId) = (id, otherId);
    }

    /// <summary>The schema's, in the registry.</summary>
    public int Id { get; }

    /// <summary>Of a schema that is not a description's.</summary>
    public int OtherId { get; }

    public static async Task<DescriptionEncoding> RegisterAsync(AvroRecords registry, string topic, CancellationToken cancellationToken)
    {
        var schema = AvroRecords.Committed("ProductDescription");
        return new DescriptionEncoding(
            schema, await registry.RegisterAsync(topic + "-value", schema, cancellationToken), await registry.RegisterAsync("chaos-something-else-value", Other, cancellationToken));
    }

    /// <param name="describedAt">Milliseconds since 1970.</param>
    public byte[] Encode(string id, string text, long? describedAt)
    {
        var record = new GenericRecord(_schema);
        record.Add("description_id", id);
        record.Add("text", text);
        record.Add("source", "chaos");
        record.Add("declared_code", null);
        record.Add("described_at", describedAt is { } at ? DateTime.UnixEpoch.AddMilliseconds(at) : null);
        record.Add("attributes", new Dictionary<string, object>());
        using var bytes = new MemoryStream();
        _writer.Write(record, new BinaryEncoder(bytes));
        return Frame(Id, bytes.ToArray());
    }

    /// <summary>Magic byte and schema id before the bytes.</summary>
    public static byte[] Frame(int id, byte[] body)
    {
        var framed = new byte[body.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), id);
        body.CopyTo(framed, 5);
        return framed;
    }
}
