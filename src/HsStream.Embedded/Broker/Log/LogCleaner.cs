using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Compaction (cleanup.policy compact): rewrites closed segments so that each key keeps its last record.</summary>
/// <remarks>
/// Works below the last stable offset, so every transaction in reach is decided and every newer record durable before an older one
/// goes. A round replaces segments in groups; interrupted between two of them it is simply done again. One round at a time per partition.
/// </remarks>
/// <param name="maxKeys">Bounds the memory of a round: about 32 bytes a key, twice that while the table grows.</param>
internal sealed class LogCleaner(IDisk disk, int maxKeys = LogCleaner.DefaultMaxKeys)
{
    public const int DefaultMaxKeys = 1_500_000;

    private const string CheckpointName = "cleaner";
    private const uint CheckpointKind = 0x31434348;

    private readonly ConditionalWeakTable<PartitionLog, StrongBox<long>> _cleanedTo = [];

    /// <summary>Does a round when the partition is compacted and has enough new records, or some that have waited for too long.</summary>
    /// <returns>Whether a round was done.</returns>
    /// <exception cref="IOException">The disk failed; the log is as before or some segments further.</exception>
    /// <exception cref="LogDamagedException">A segment cannot be read; it is left alone.</exception>
    public bool CleanIfDue(PartitionLog log, long nowMs)
    {
        var config = log.Config;
        if (!config.IsCompacted || log.OfflineReason is not null || log.Segments.Count < 2) { return false; }

        var cleanedTo = CleanedTo(log);
        var closed = Cleanable(log, config, cleanedTo, nowMs);
        var dirtyBytes = closed.Where(segment => segment.NextOffset > cleanedTo).Sum(segment => (long)segment.SizeInBytes);
        var allBytes = closed.Sum(segment => (long)segment.SizeInBytes);
        if (dirtyBytes == 0) { return false; }

        if ((double)dirtyBytes / allBytes <= config.MinCleanableDirtyRatio && !HasWaitedTooLong(log, config, cleanedTo, nowMs)) { return false; }

        return Clean(log, closed, config, cleanedTo, nowMs);
    }

    /// <summary>Closed segments below the last stable offset, up to the first dirty one with a record younger than the shortest lag.</summary>
    private static List<Segment> Cleanable(PartitionLog log, TopicConfig config, long cleanedTo, long nowMs)
    {
        var stable = log.LastStableOffset;
        var young = config.MinCompactionLagMs == 0 ? long.MaxValue : nowMs - config.MinCompactionLagMs;
        return [.. log.Segments.SkipLast(1).TakeWhile(segment =>
            segment.NextOffset <= stable && (segment.NextOffset <= cleanedTo || segment.MaxTimestampMs <= young))];
    }

    private static bool HasWaitedTooLong(PartitionLog log, TopicConfig config, long cleanedTo, long nowMs) =>
        log.Segments.SkipLast(1).Any(segment =>
            segment.NextOffset > cleanedTo && segment.FirstTimestampMs > 0 && segment.FirstTimestampMs < nowMs - config.MaxCompactionLagMs);

    private bool Clean(PartitionLog log, List<Segment> closed, TopicConfig config, long cleanedTo, long nowMs)
    {
        var aborted = log.Segments.SelectMany(segment => segment.Aborted.Entries.ToArray()).ToList();
        var to = closed[^1].NextOffset;
        var index = CompactionIndex.Build(
            closed.Where(segment => segment.NextOffset > cleanedTo).SelectMany(Batches), cleanedTo, to, aborted, maxKeys);
        var filter = new BatchFilter(
            index.Newest, index.End, new CleanedTransactions(aborted), header => log.IsLastOfProducer(header), to - 1, nowMs, config.DeleteRetentionMs);
        foreach (var group in Groups(closed.Where(segment => segment.BaseOffset < index.End), config.SegmentBytes))
        {
            if (!Rewrite(log, group, filter)) { return false; }
        }

        SaveCleanedTo(log, index.End);
        return true;
    }

    /// <summary>Neighbours that fit one segment together, so that what compaction leaves does not end in many small files.</summary>
    private static List<List<Segment>> Groups(IEnumerable<Segment> segments, int segmentBytes)
    {
        var groups = new List<List<Segment>>();
        foreach (var segment in segments)
        {
            if (groups is [.., var last] && last.Sum(member => (long)member.SizeInBytes) + segment.SizeInBytes <= segmentBytes
                && segment.NextOffset - last[0].BaseOffset <= int.MaxValue)
            {
                last.Add(segment);
                continue;
            }

            groups.Add([segment]);
        }

        return groups;
    }

    /// <returns>False when retention or a deletion took a segment away meanwhile.</returns>
    private static bool Rewrite(PartitionLog log, List<Segment> group, BatchFilter filter)
    {
        var cleaned = log.BeginCleaned(group[0].BaseOffset);
        var replaced = false;
        try
        {
            var changed = group.Count > 1;
            foreach (var (header, batch) in group.SelectMany(Batches))
            {
                var (result, aborted) = filter.Apply(header, batch);
                changed |= !(result is { } same && same.Equals(batch));
                if (result is { } kept) { cleaned.Append(kept.Span); }

                if (aborted is { } entry) { cleaned.AddAborted(entry); }
            }

            return !changed || (replaced = log.Replace(group, cleaned));
        }
        finally
        {
            if (!replaced) { cleaned.Discard(); }
        }
    }

    private static IEnumerable<(BatchHeader Header, ReadOnlyMemory<byte> Batch)> Batches(Segment segment)
    {
        // A segment that is gone meanwhile has no batches; Replace then notices.
        if (!segment.File.TryAcquire()) { yield break; }

        try
        {
            using var scanner = segment.Scan(checkCrc: true);
            while (scanner.MoveNext()) { yield return (scanner.Header, scanner.Batch()); }

            if (scanner.Problem is { } problem)
            {
                throw new LogDamagedException($"{problem} at position {scanner.NextPosition} of {segment.File.Path}");
            }
        }
        finally
        {
            segment.File.Release();
        }
    }

    private long CleanedTo(PartitionLog log)
    {
        var offset = _cleanedTo.GetValue(log, Load).Value;

        // Without the file, or with one that does not fit the log, everything counts as new: more work, the same result.
        return offset >= log.LogStartOffset && offset <= log.LogEndOffset ? offset : log.LogStartOffset;
    }

    private StrongBox<long> Load(PartitionLog log) =>
        new(SideFile.Read(disk, Path.Combine(log.Directory, CheckpointName), CheckpointKind) is { Length: sizeof(long) } bytes
            ? BinaryPrimitives.ReadInt64LittleEndian(bytes)
            : -1);

    private void SaveCleanedTo(PartitionLog log, long offset)
    {
        _cleanedTo.AddOrUpdate(log, new StrongBox<long>(offset));
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, offset);
        SideFile.Write(disk, Path.Combine(log.Directory, CheckpointName), CheckpointKind, bytes);
    }
}
