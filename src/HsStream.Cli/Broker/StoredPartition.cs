using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Cli.Broker;

/// <summary>A sound batch in a file. <paramref name="Bytes"/> is valid until the next batch is read.</summary>
internal sealed record StoredBatch(string File, long Position, BatchHeader Header, ReadOnlyMemory<byte> Bytes);

/// <summary>Bytes in a file that are not the batch that was expected there.</summary>
/// <param name="Offset">The first offset that cannot be read.</param>
/// <param name="IsTail">Nothing sound follows in the partition: what a crash leaves of a write that nobody saw acknowledged.</param>
internal sealed record StoredDamage(string File, long Position, long Offset, string Problem, bool IsTail);

/// <summary>The segments of one partition, read in order with every CRC checked.</summary>
internal sealed class StoredPartition(IDisk disk, string dataDirectory, StoredTopic topic, int partition)
{
    private readonly string _directory = LogPaths.Partition(dataDirectory, topic.Id, partition);

    public string Name => $"{topic.Name}-{partition}";

    /// <summary>Null before the first checkpoint was written.</summary>
    public LogPosition? Checkpoint => disk.DirectoryExists(_directory) ? LogCheckpoint.Read(disk, _directory)?.Position : null;

    public bool Exists => disk.DirectoryExists(_directory);

    /// <summary>Compaction drops records and whole batches, so offsets may jump.</summary>
    private bool MayHaveGaps => topic.IsInternal ||
        (topic.Configs.TryGetValue("cleanup.policy", out var policy) && policy.Contains("compact", StringComparison.Ordinal));

    /// <summary>Sound batches, up to the first damage of each segment, which is handed to <paramref name="report"/>.</summary>
    public IEnumerable<StoredBatch> ReadBatches(long fromOffset, Action<StoredDamage> report)
    {
        var segments = Segments();
        long? expected = null;
        for (var i = 0; i < segments.Count; i++)
        {
            var (baseOffset, path) = segments[i];
            if (i + 1 < segments.Count && segments[i + 1].BaseOffset <= fromOffset) { continue; }
            if (expected is { } wanted && (baseOffset < wanted || (baseOffset > wanted && !MayHaveGaps)))
            {
                report(new StoredDamage(path, 0, wanted, $"expected a segment at offset {wanted}, found one at {baseOffset}", IsTail: false));
            }

            expected = Math.Max(baseOffset, expected ?? 0);
            using var file = Open(path);
            if (file is null) { continue; }
            using var scanner = new BatchScanner(file, 0, file.Length, checkCrc: true);
            while (scanner.MoveNext())
            {
                var header = scanner.Header;
                if (header.BaseOffset < expected || (header.BaseOffset > expected && !MayHaveGaps))
                {
                    report(new StoredDamage(path, scanner.Position, expected.Value, $"expected offset {expected}, found {header.BaseOffset}", IsTail: false));
                }

                expected = header.NextOffset;
                if (header.LastOffset >= fromOffset) { yield return new StoredBatch(path, scanner.Position, header, scanner.Batch()); }
            }

            if (scanner.Problem is { } problem)
            {
                var isTail = i == segments.Count - 1 && !AnythingSoundBehind(file, scanner.NextPosition, expected.Value);
                report(new StoredDamage(path, scanner.NextPosition, expected.Value, problem, isTail));
            }
        }
    }

    /// <summary>Every record from an offset on, markers left out; stops at damage with an exception.</summary>
    public IEnumerable<LogRecord> ReadRecords(long fromOffset)
    {
        foreach (var batch in ReadBatches(fromOffset, Refuse).Where(b => !b.Header.IsControl))
        {
            foreach (var record in RecordReader.Read(batch.Bytes).Where(r => r.Offset >= fromOffset)) { yield return record; }
        }

        static void Refuse(StoredDamage damage)
        {
            if (!damage.IsTail) { throw new OperatorException($"{damage.File} is damaged at position {damage.Position}: {damage.Problem}"); }
        }
    }

    /// <summary>A sound batch further on proves that the bytes before it were once complete.</summary>
    private static bool AnythingSoundBehind(IDiskFile file, long position, long expectedOffset)
    {
        const int Window = 4 * 1024 * 1024;
        var bytes = new byte[(int)Math.Min(Window, file.Length - position)];
        var length = file.Read(bytes, position);
        for (var at = 1; at <= length - BatchLayout.Records; at++)
        {
            if (bytes[at + BatchLayout.Magic] != BatchLayout.CurrentMagic) { continue; }
            var header = BatchHeader.Read(bytes.AsSpan(at));
            if (header.BaseOffset <= expectedOffset - 1 || header.Size < BatchLayout.Records || header.Size > file.Length - position - at) { continue; }
            using var scanner = new BatchScanner(file, position + at, position + at + header.Size, checkCrc: true);
            if (scanner.MoveNext()) { return true; }
        }

        return false;
    }

    /// <summary>Null when retention has removed the file since it was listed.</summary>
    private IDiskFile? Open(string path)
    {
        try
        {
            return disk.OpenRead(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private List<(long BaseOffset, string Path)> Segments() =>
        disk.DirectoryExists(_directory)
            ? [.. disk.ListFiles(_directory)
                .Select(name => (Offset: LogPaths.OffsetOf(name, LogPaths.LogSuffix), Path: Path.Combine(_directory, name)))
                .Where(s => s.Offset is not null)
                .Select(s => (s.Offset!.Value, s.Path))
                .OrderBy(s => s.Value)]
            : [];
}
