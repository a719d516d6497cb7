using System.Globalization;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Names of the files and folders of the partition logs.</summary>
/// <remarks>DATA/logs/TOPIC-ID/PARTITION/ holds one partition: checkpoint, and per segment .log, .index, .timeindex, .txnindex, .snapshot.</remarks>
internal static class LogPaths
{
    public const string LogSuffix = ".log";
    public const string IndexSuffix = ".index";
    public const string TimeIndexSuffix = ".timeindex";

    /// <summary>The segment's summary and its aborted transactions.</summary>
    public const string AbortedSuffix = ".txnindex";

    /// <summary>Producer state as of the offset in the name.</summary>
    public const string SnapshotSuffix = ".snapshot";

    /// <summary>A compacted segment being written.</summary>
    public const string CleanedSuffix = ".cleaned";

    /// <summary>A finished compacted segment; its name holds base and end of the range that it replaces.</summary>
    public const string SwapSuffix = ".swap";

    public const string DeletedSuffix = ".deleted";

    public const string Checkpoint = "checkpoint";

    public static string Root(string dataDirectory) => Path.Combine(dataDirectory, "logs");

    public static string Topic(string dataDirectory, Guid topicId) => Path.Combine(Root(dataDirectory), topicId.ToString("N"));

    public static string Partition(string dataDirectory, Guid topicId, int partition) =>
        Path.Combine(Topic(dataDirectory, topicId), partition.ToString(CultureInfo.InvariantCulture));

    public static string File(string directory, long offset, string suffix) =>
        Path.Combine(directory, offset.ToString("D20", CultureInfo.InvariantCulture) + suffix);

    public static string Swap(string directory, long baseOffset, long nextOffset) => Path.Combine(
        directory, string.Create(CultureInfo.InvariantCulture, $"{baseOffset:D20}-{nextOffset:D20}{SwapSuffix}"));

    /// <summary>The offset in a file's name, or null when it has none or another suffix.</summary>
    public static long? OffsetOf(string name, string suffix) =>
        name.Length == 20 + suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? offset
            : null;

    public static (long BaseOffset, long NextOffset)? SwapRange(string name) =>
        name.Length == 41 + SwapSuffix.Length && name.EndsWith(SwapSuffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && long.TryParse(name.AsSpan(21, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            ? (from, to)
            : null;
}
