namespace HsStream.Embedded.Broker.Log;

/// <summary>Decides for each batch of a partition, in order, what compaction keeps of it, as Apache Kafka's log cleaner does.</summary>
/// <remarks>
/// Offsets, sequences and the last offset delta never change. A batch that loses records is written anew with the codec it had.
/// Tombstones, and markers whose transaction has no data left, first get a delete horizon and go at a later round beyond it (KIP-534).
/// </remarks>
/// <param name="newest">Last offset of each key below <paramref name="mapEnd"/>.</param>
/// <param name="mapEnd">Records from here on are kept.</param>
/// <param name="isLastOfProducer">Whether a batch tells where a live producer stands: compaction must keep it to recognise duplicates and to fence.</param>
/// <param name="lastOffsetOfRound">The batch that ends here is kept, if need be without records, so that the end of the range stays known.</param>
internal sealed class BatchFilter(
    KeyMap newest,
    long mapEnd,
    CleanedTransactions transactions,
    Predicate<BatchHeader> isLastOfProducer,
    long lastOffsetOfRound,
    long nowMs,
    long deleteRetentionMs)
{
    /// <param name="batch">The whole batch, its CRC already checked.</param>
    /// <returns>What to write in its place (null for nothing), and what belongs into the segment's index of aborted transactions.</returns>
    public (ReadOnlyMemory<byte>? Batch, AbortedEntry? Aborted) Apply(in BatchHeader header, ReadOnlyMemory<byte> batch)
    {
        try
        {
            return header.IsControl ? ApplyToMarker(header, batch) : (ApplyToData(header, batch), null);
        }
        catch (InvalidRecordException)
        {
            // Its CRC is right, so this is what its producer sent; it is not ours to drop.
            return (batch, null);
        }
    }

    private (ReadOnlyMemory<byte>? Batch, AbortedEntry? Aborted) ApplyToMarker(in BatchHeader header, ReadOnlyMemory<byte> batch)
    {
        var (canGo, aborted) = transactions.OnMarker(header, RecordReader.MarkerOf(batch));
        if (!canGo) { return (batch, aborted); }

        var horizon = HorizonOf(header);
        if (header.RecordCount > 0 && !(horizon <= nowMs))
        {
            return (horizon is null ? Rewrite(header, Bodies(batch), WithHorizon()) : batch, aborted);
        }

        return (MustStay(header) ? Emptied(header) : (ReadOnlyMemory<byte>?)null, aborted);
    }

    private ReadOnlyMemory<byte>? ApplyToData(in BatchHeader header, ReadOnlyMemory<byte> batch)
    {
        var kept = new List<RecordBody>();
        var horizon = HorizonOf(header);
        var hasTombstone = false;
        if (!transactions.OnData(header))
        {
            var cursor = RecordReader.Open(batch);
            while (cursor.MoveNext())
            {
                if (!IsKept(cursor, horizon)) { continue; }

                kept.Add(cursor.Body);
                hasTombstone |= !cursor.HasValue;
            }
        }

        if (kept.Count == 0) { return MustStay(header) ? Emptied(header) : (ReadOnlyMemory<byte>?)null; }

        var needsHorizon = hasTombstone && horizon is null;
        return kept.Count == header.RecordCount && !needsHorizon ? batch : Rewrite(header, kept, needsHorizon ? WithHorizon() : horizon);
    }

    private bool IsKept(in RecordReader.RecordCursor record, long? horizon)
    {
        if (record.Offset >= mapEnd) { return true; }

        return record.Key is { } key && record.Offset >= newest.Find(key.Span) && (record.HasValue || horizon is null || nowMs < horizon);
    }

    private bool MustStay(in BatchHeader header) =>
        header.LastOffset == lastOffsetOfRound || (header.HasProducer && isLastOfProducer(header));

    private long WithHorizon() => nowMs > long.MaxValue - deleteRetentionMs ? long.MaxValue : nowMs + deleteRetentionMs;

    private static long? HorizonOf(in BatchHeader header) =>
        (header.Attributes & BatchLayout.DeleteHorizonBit) != 0 ? header.BaseTimestampMs : null;

    private static List<RecordBody> Bodies(ReadOnlyMemory<byte> batch)
    {
        var bodies = new List<RecordBody>();
        var cursor = RecordReader.Open(batch);
        while (cursor.MoveNext()) { bodies.Add(cursor.Body); }

        return bodies;
    }

    private static byte[] Emptied(in BatchHeader header) =>
        RecordBatchBuilder.Assemble(SpecOf(header) with { MaxTimestampMs = header.MaxTimestampMs }, []);

    private static byte[] Rewrite(in BatchHeader header, List<RecordBody> records, long? horizon) =>
        RecordBatchBuilder.Assemble(SpecOf(header) with { DeleteHorizonMs = horizon }, records);

    private static BatchSpec SpecOf(in BatchHeader header) => new()
    {
        BaseOffset = header.BaseOffset,
        LastOffsetDelta = header.LastOffsetDelta,
        ProducerId = header.ProducerId,
        ProducerEpoch = header.ProducerEpoch,
        BaseSequence = header.BaseSequence,
        Codec = (CompressionCodec)header.CodecId,
        Transactional = header.IsTransactional,
        Control = header.IsControl,
        LogAppendTimeMs = header.IsLogAppendTime ? header.MaxTimestampMs : null,
    };
}
