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
                ProducerId = producerId, ProducerEpoch = producerEpoch, BaseSequence = baseSequence, Transactional = transactional,
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
    public static byte[] Build(BatchSpec spec, IReadOnlyList<LogRecord> records)
    {
        var baseTimestamp = spec.DeleteHorizonMs ?? (records.Count > 0 ? records[0].TimestampMs : -1);
        var plain = new ArrayBufferWriter<byte>();
        foreach (var record in records) { WriteRecord(plain, record, spec.BaseOffset, baseTimestamp); }

        var codec = records.Count > 0 ? spec.Codec : CompressionCodec.None;
        var body = codec == CompressionCodec.None ? plain.WrittenSpan : Compression.Compress(codec, plain.WrittenSpan);
        var batch = new byte[BatchLayout.Records + body.Length];
        body.CopyTo(batch.AsSpan(BatchLayout.Records));
        WriteHeader(batch, spec, codec, records, baseTimestamp);
        return batch;
    }

    private static void WriteHeader(
        Span<byte> batch, BatchSpec spec, CompressionCodec codec, IReadOnlyList<LogRecord> records, long baseTimestamp)
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

    private static void WriteRecord(ArrayBufferWriter<byte> writer, LogRecord record, long baseOffset, long baseTimestamp)
    {
        var timestampDelta = record.TimestampMs - baseTimestamp;
        var offsetDelta = checked((int)(record.Offset - baseOffset));
        var headers = record.Headers ?? [];
        var size = 1 + Varint.Size(timestampDelta) + Varint.Size(offsetDelta) + BytesSize(record.Key) + BytesSize(record.Value)
            + Varint.Size(headers.Count) + headers.Sum(header => TextSize(header.Key) + BytesSize(header.Value));

        WriteVarint(writer, size);
        writer.Write([(byte)0]);
        WriteVarint(writer, timestampDelta);
        WriteVarint(writer, offsetDelta);
        WriteBytes(writer, record.Key);
        WriteBytes(writer, record.Value);
        WriteVarint(writer, headers.Count);
        foreach (var (key, value) in headers)
        {
            WriteVarint(writer, Encoding.UTF8.GetByteCount(key));
            Encoding.UTF8.GetBytes(key, writer);
            WriteBytes(writer, value);
        }
    }

    private static int TextSize(string text) => Encoding.UTF8.GetByteCount(text) is var bytes ? Varint.Size(bytes) + bytes : 0;

    private static int BytesSize(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } present ? Varint.Size(present.Length) + present.Length : Varint.Size(-1);

    private static void WriteBytes(ArrayBufferWriter<byte> writer, ReadOnlyMemory<byte>? bytes)
    {
        WriteVarint(writer, bytes?.Length ?? -1);
        if (bytes is { } present) { writer.Write(present.Span); }
    }

    private static void WriteVarint(ArrayBufferWriter<byte> writer, long value) =>
        writer.Advance(Varint.Write(writer.GetSpan(Varint.MaxBytes), value));
}
