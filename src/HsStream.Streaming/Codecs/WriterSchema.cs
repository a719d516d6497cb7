using Avro;
using Avro.Generic;
using Avro.IO;
using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

/// <summary>Brings what one schema wrote into the shape of ours, by Avro's rules of schema resolution. Thread-safe.</summary>
internal sealed class WriterSchema
{
    private readonly Schema? _writer;
    private readonly RecordSchema _reader;

    private WriterSchema(Schema? writer, RecordSchema reader)
    {
        _writer = writer;
        _reader = reader;
    }

    /// <exception cref="RecordException">What it wrote can never be read as ours.</exception>
    public static WriterSchema Of(Schema writer, MessageSchema reader)
    {
        // Equal forms mean equal bytes: nothing to resolve.
        if (SchemaNormalization.ToParsingForm(writer) == reader.Form) { return new WriterSchema(null, reader.Avro); }
        if (writer is not RecordSchema record || record.Name != reader.Avro.Name)
        {
            throw new RecordException(DeadLetterReasons.WrongSchema, $"expected a record {reader.FullName}, got {writer.Tag.ToString().ToLowerInvariant()} {writer.Name}");
        }

        try
        {
            _ = new GenericDatumReader<GenericRecord>(writer, reader.Avro);
            return reader.Avro.CanRead(writer) ? new WriterSchema(writer, reader.Avro)
                : throw new RecordException(DeadLetterReasons.WrongSchema, $"expected a schema that can be read as {reader.FullName}, got one that differs beyond Avro's rules");
        }
        catch (AvroException e)
        {
            throw new RecordException(DeadLetterReasons.WrongSchema, $"expected a schema that can be read as {reader.FullName}: {e.Message}", e);
        }
    }

    /// <returns>The same record in the encoding of our own schema.</returns>
    /// <exception cref="AvroFormatException">The bytes are not the writer's schema's.</exception>
    public ReadOnlyMemory<byte> ToReader(ReadOnlyMemory<byte> bytes)
    {
        if (_writer is null) { return bytes; }
        // The library believes every length it reads; so they are checked first.
        AvroCheck.Walk(_writer, bytes.Span);
        try
        {
            var record = new GenericDatumReader<GenericRecord>(_writer, _reader).Read(null!, new BinaryDecoder(new MemoryStream(bytes.ToArray())));
            using var output = new MemoryStream();
            new GenericDatumWriter<GenericRecord>(_reader).Write(record, new BinaryEncoder(output));
            return output.ToArray();
        }
        catch (Exception e) when (e is AvroException or IOException or InvalidCastException or OverflowException or ArgumentException or FormatException or NullReferenceException or IndexOutOfRangeException)
        {
            throw new AvroFormatException($"cannot be resolved from the writer's schema: {e.Message}");
        }
    }
}
