using System.Buffers.Binary;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Checks what a client sent for one partition as Apache Kafka does, in its order; a batch that passes may be stored as it is.</summary>
internal static class BatchValidator
{
    private const int BytesUpToMagic = 17;

    // Smallest record of the old formats, below which Kafka takes a length for corrupt.
    private const int MinBatchLength = 14;

    /// <param name="header">Of the one batch; the bytes behind it are an incomplete second batch, which Kafka drops too.</param>
    /// <returns>Null when the batch is sound.</returns>
    public static AppendResult? Check(
        Memory<byte> batch, short produceVersion, TopicConfig config, long nowMs, TopicPartition partition, out BatchHeader header)
    {
        header = default;
        if (Frame(batch.Span, produceVersion, partition) is { } refused) { return refused; }

        header = BatchHeader.Read(Padded(batch.Span));
        return CheckBatch(batch.Span, header, config, partition) ?? CheckRecords(batch[..header.Size], ref header, config, nowMs, partition);
    }

    /// <summary>What a request may hold for a partition: exactly one whole batch of the current format.</summary>
    private static AppendResult? Frame(ReadOnlySpan<byte> bytes, short produceVersion, TopicPartition partition)
    {
        switch (NextBatch(bytes, out var size))
        {
            case Found.Corrupt: return Corrupt($"Found a damaged batch header in the records for {partition}.");
            case Found.None: return Invalid($"Expected one record batch for {partition}, found none.");
        }

        if (bytes[BatchLayout.Magic] != BatchLayout.CurrentMagic)
        {
            return Invalid($"Expected record format version {BatchLayout.CurrentMagic} for {partition}, found {bytes[BatchLayout.Magic]}.");
        }

        // Older formats and the current one are all longer than this; a batch below it has no attributes to look at.
        if (size >= BatchLayout.LastOffsetDelta)
        {
            var codec = bytes[BatchLayout.Attributes + 1] & BatchLayout.CodecMask;
            if (codec > (int)CompressionCodec.Zstd || (codec == (int)CompressionCodec.Zstd && produceVersion < 7))
            {
                return AppendResult.Refused(
                    ErrorCode.UnsupportedCompressionType, $"Produce version {produceVersion} does not allow compression type {codec}.");
            }
        }

        return NextBatch(bytes[size..], out _) switch
        {
            Found.Corrupt => Corrupt($"Found a damaged batch header behind the first batch for {partition}."),
            Found.Whole => Invalid($"Expected one record batch for {partition}, found more."),
            _ => null,
        };
    }

    private static AppendResult? CheckBatch(ReadOnlySpan<byte> bytes, in BatchHeader header, TopicConfig config, TopicPartition partition)
    {
        if (header.BaseOffset != 0) { return Invalid($"Expected base offset 0 for {partition}, found {header.BaseOffset}."); }

        if (header.Size > config.MaxMessageBytes)
        {
            return AppendResult.Refused(
                ErrorCode.MessageTooLarge, $"The batch for {partition} has {header.Size} bytes, allowed are {config.MaxMessageBytes}.");
        }

        if (header.Size < BatchLayout.Records || Crc32C.Compute(bytes[BatchLayout.Attributes..header.Size]) != header.Crc)
        {
            return Corrupt($"The batch for {partition} does not match its CRC {header.Crc:x8}.");
        }

        if (header.RecordCount <= 0 || header.LastOffsetDelta != header.RecordCount - 1)
        {
            return Invalid($"{header.RecordCount} records do not match the last offset delta {header.LastOffsetDelta} for {partition}.");
        }

        if (header.IsControl) { return Invalid($"Clients may not write control batches; {partition}."); }

        return header.HasProducer && header.BaseSequence < 0
            ? Invalid($"Producer {header.ProducerId} sent the sequence {header.BaseSequence} for {partition}.")
            : null;
    }

    private static AppendResult? CheckRecords(
        Memory<byte> batch, ref BatchHeader header, TopicConfig config, long nowMs, TopicPartition partition)
    {
        try
        {
            if (config.IsCompacted && RecordReader.IndexesWithoutKey(batch) is { Count: > 0 } keyless)
            {
                return Keyless(keyless, partition);
            }

            if (MayHaveBadTimestamps(header, config, nowMs) && BadTimestamps(batch, header, config, nowMs) is { Count: > 0 } errors)
            {
                return AppendResult.Refused(
                    ErrorCode.InvalidTimestamp, "One or more records have been rejected due to invalid timestamp", errors);
            }
        }
        catch (InvalidRecordException failure)
        {
            return Invalid(failure.Message);
        }

        if (!config.IsLogAppendTime && header.IsLogAppendTime)
        {
            // Only the broker may say that it stamped a batch.
            header = header with { Attributes = (short)(header.Attributes & ~BatchLayout.LogAppendTimeBit) };
            Restamp(batch.Span, ref header, header.MaxTimestampMs);
        }

        return null;
    }

    // Apart, because what a lambda captures is allocated on entry to the method around it.
    private static AppendResult Keyless(List<int> indexes, TopicPartition partition) => AppendResult.Refused(
        ErrorCode.InvalidRecord,
        $"{indexes.Count} records for {partition} have no key.",
        indexes.ConvertAll(index => (index, $"Compacted topic cannot accept message without key in topic partition {partition}")));

    /// <summary>Writes attributes and timestamp of the header into the batch and renews the CRC.</summary>
    public static void Restamp(Span<byte> batch, ref BatchHeader header, long maxTimestampMs)
    {
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.Attributes..], header.Attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], maxTimestampMs);
        var crc = Crc32C.Compute(batch[BatchLayout.Attributes..header.Size]);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], crc);
        header = header with { MaxTimestampMs = maxTimestampMs, Crc = crc };
    }

    /// <summary>From the header alone, so that ordinary batches need not be decoded.</summary>
    private static bool MayHaveBadTimestamps(in BatchHeader header, TopicConfig config, long nowMs) => config.IsLogAppendTime
        ? header.IsLogAppendTime
        : config.TimestampBeforeMaxMs != long.MaxValue || IsTooLate(header.MaxTimestampMs, config, nowMs)
            || IsTooLate(header.BaseTimestampMs, config, nowMs);

    private static List<(int Index, string Message)> BadTimestamps(
        Memory<byte> batch, in BatchHeader header, TopicConfig config, long nowMs)
    {
        var errors = new List<(int, string)>();
        var cursor = RecordReader.Open(batch);
        for (var index = 0; cursor.MoveNext(); index++)
        {
            if (config.IsLogAppendTime)
            {
                errors.Add((index, "Producer should not set timestamp type to LogAppendTime."));
            }
            else if (cursor.TimestampMs != -1
                && (IsTooLate(cursor.TimestampMs, config, nowMs) || nowMs - (Int128)cursor.TimestampMs > config.TimestampBeforeMaxMs))
            {
                errors.Add((index, $"Timestamp {cursor.TimestampMs} of message with offset {index} is out of range. The timestamp should be "
                    + $"within [{nowMs - (Int128)config.TimestampBeforeMaxMs}, {nowMs + (Int128)config.TimestampAfterMaxMs}]"));
            }
        }

        return errors;
    }

    private static bool IsTooLate(long timestampMs, TopicConfig config, long nowMs) =>
        timestampMs - (Int128)nowMs > config.TimestampAfterMaxMs;

    private enum Found
    {
        None,
        Corrupt,
        Whole,
    }

    private static Found NextBatch(ReadOnlySpan<byte> bytes, out int size)
    {
        size = 0;
        if (bytes.Length < BytesUpToMagic) { return Found.None; }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[BatchLayout.BatchLength..]);
        if (length < MinBatchLength || bytes[BatchLayout.Magic] > BatchLayout.CurrentMagic) { return Found.Corrupt; }

        if (length > bytes.Length - BatchLayout.LengthOverhead) { return Found.None; }

        size = length + BatchLayout.LengthOverhead;
        return Found.Whole;
    }

    /// <summary>The header's bytes, with zeros where the batch is too short to have it all.</summary>
    private static ReadOnlySpan<byte> Padded(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= BatchLayout.Records) { return bytes; }

        var padded = new byte[BatchLayout.Records];
        bytes.CopyTo(padded);
        return padded;
    }

    private static AppendResult Corrupt(string message) => AppendResult.Refused(ErrorCode.CorruptMessage, message);

    private static AppendResult Invalid(string message) => AppendResult.Refused(ErrorCode.InvalidRecord, message);
}
