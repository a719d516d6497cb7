using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace HsStream.Embedded.Broker.Log;

/// <summary>All that a batch says besides its records.</summary>
internal sealed record BatchSpec
{
    public long BaseOffset { get; init; }

    /// <summary>Null: the offset of the last record. Compaction keeps the original one, so that offsets and sequences stay.</summary>
    public int? LastOffsetDelta { get; init; }

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;

    public int LeaderEpoch { get; init; }

    public CompressionCodec Codec { get; init; }

    public bool Transactional { get; init; }

    public bool Control { get; init; }

    /// <summary>Milliseconds since 1970 that count as every record's timestamp; null keeps the records' own.</summary>
    public long? LogAppendTimeMs { get; init; }

    /// <summary>When tombstones and markers of the batch may go, in milliseconds since 1970; null when not yet decided.</summary>
    public long? DeleteHorizonMs { get; init; }

    /// <summary>Null: the largest of the records' timestamps, -1 without records.</summary>
    public long? MaxTimestampMs { get; init; }
}

/// <summary>One record whose key, value and headers are still in wire form.</summary>
internal readonly record struct RecordBody(long Offset, long TimestampMs, ReadOnlyMemory<byte> Bytes);

/// <summary>Builds version 2 record batches for the broker's own records, for compaction and for tests; the CRC is set.</summary>
internal static class RecordBatchBuilder
{
    /// <summary>Builds one uncompressed batch with base offset 0.</summary>
    /// <param name="producerId">-1 for none; with a producer, <paramref name="baseSequence"/> counts from 0.</param>
    public static byte[] Build(
        IReadOnlyList<(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)> records,
        long timestampMs,
        long producerId = -1,
        short producerEpoch = -1,
        int baseSequence = -1,
        bool transactional = false) =>
        Build(
            new BatchSpec
            {
                ProducerId = producerId,
                ProducerEpoch = producerEpoch,
                BaseSequence = baseSequence,
                Transactional = transactional,
            },
            [.. records.Select((record, index) => new LogRecord(index, timestampMs, record.Key, record.Value))]);

    /// <summary>Builds the batch that ends a transaction in one partition.</summary>
    public static byte[] BuildMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch, long timestampMs)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), (short)(commit ? 1 : 0));
        var value = new byte[6];
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(2), coordinatorEpoch);
        return Build(
            new BatchSpec { ProducerId = producerId, ProducerEpoch = producerEpoch, Transactional = true, Control = true },
            [new LogRecord(0, timestampMs, key, value)]);
    }

    /// <param name="records">In offset order, from <see cref="BatchSpec.BaseOffset"/> on; gaps are kept. May be empty when the spec has a last delta.</param>
    public static byte[] Build(BatchSpec spec, IReadOnlyList<LogRecord> records) =>
        Assemble(spec, [.. records.Select(record => new RecordBody(record.Offset, record.TimestampMs, EncodeBody(record)))]);

    /// <summary>Builds a batch of records whose key, value and headers are already encoded, as compaction copies them.</summary>
    public static byte[] Assemble(BatchSpec spec, IReadOnlyList<RecordBody> records)
    {
        var baseTimestamp = spec.DeleteHorizonMs ?? (records.Count > 0 ? records[0].TimestampMs : -1);
        var plain = new ArrayBufferWriter<byte>(64 + records.Sum(record => record.Bytes.Length + 16));
        foreach (var record in records)
        {
            var timestampDelta = unchecked(record.TimestampMs - baseTimestamp);
            var offsetDelta = checked((int)(record.Offset - spec.BaseOffset));
            WriteVarint(plain, 1 + Varint.Size(timestampDelta) + Varint.Size(offsetDelta) + record.Bytes.Length);
            plain.Write([(byte)0]);
            WriteVarint(plain, timestampDelta);
            WriteVarint(plain, offsetDelta);
            plain.Write(record.Bytes.Span);
        }

        var codec = records.Count > 0 ? spec.Codec : CompressionCodec.None;
        var body = codec == CompressionCodec.None ? plain.WrittenSpan : Compression.Compress(codec, plain.WrittenSpan);
        var batch = new byte[BatchLayout.Records + body.Length];
        body.CopyTo(batch.AsSpan(BatchLayout.Records));
        WriteHeader(batch, spec, codec, records, baseTimestamp);
        return batch;
    }

    private static void WriteHeader(
        Span<byte> batch, BatchSpec spec, CompressionCodec codec, IReadOnlyList<RecordBody> records, long baseTimestamp)
    {
        var attributes = (short)codec;
        if (spec.LogAppendTimeMs is not null) { attributes |= BatchLayout.LogAppendTimeBit; }

        if (spec.Transactional) { attributes |= BatchLayout.TransactionalBit; }

        if (spec.Control) { attributes |= BatchLayout.ControlBit; }

        if (spec.DeleteHorizonMs is not null) { attributes |= BatchLayout.DeleteHorizonBit; }

        var lastDelta = spec.LastOffsetDelta ?? checked((int)(records[^1].Offset - spec.BaseOffset));
        var maxTimestamp = spec.LogAppendTimeMs ?? spec.MaxTimestampMs
            ?? records.Select(record => record.TimestampMs).DefaultIfEmpty(-1).Max();
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.BaseOffset..], spec.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BatchLength..], batch.Length - BatchLayout.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.LeaderEpoch..], spec.LeaderEpoch);
        batch[BatchLayout.Magic] = BatchLayout.CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.Attributes..], attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.LastOffsetDelta..], lastDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.BaseTimestamp..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.ProducerId..], spec.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.ProducerEpoch..], spec.ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BaseSequence..], spec.BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.RecordCount..], records.Count);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], Crc32C.Compute(batch[BatchLayout.Attributes..]));
    }

    private static ReadOnlyMemory<byte> EncodeBody(LogRecord record)
    {
        var writer = new ArrayBufferWriter<byte>(32 + (record.Key?.Length ?? 0) + (record.Value?.Length ?? 0));
        WriteBytes(writer, record.Key);
        WriteBytes(writer, record.Value);
        var headers = record.Headers ?? [];
        WriteVarint(writer, headers.Count);
        foreach (var (key, value) in headers)
        {
            WriteVarint(writer, Encoding.UTF8.GetByteCount(key));
            Encoding.UTF8.GetBytes(key, writer);
            WriteBytes(writer, value);
        }

        return writer.WrittenMemory;
    }

    private static void WriteBytes(ArrayBufferWriter<byte> writer, ReadOnlyMemory<byte>? bytes)
    {
        WriteVarint(writer, bytes?.Length ?? -1);
        if (bytes is { } present) { writer.Write(present.Span); }
    }

    private static void WriteVarint(ArrayBufferWriter<byte> writer, long value) =>
        writer.Advance(Varint.Write(writer.GetSpan(Varint.MaxBytes), value));
}
