using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>What a compaction left behind when the process ended in the middle of it.</summary>
internal static class SwapFiles
{
    private static readonly string[] Suffixes = [LogPaths.LogSuffix, .. Segment.SideFileSuffixes];

    /// <summary>Drops unfinished compacted segments and puts finished ones in their place.</summary>
    public static void Complete(IDisk disk, string directory)
    {
        var names = disk.ListFiles(directory);
        foreach (var name in names.Where(name => name.EndsWith(LogPaths.CleanedSuffix, StringComparison.Ordinal)))
        {
            disk.DeleteFile(Path.Combine(directory, name));
        }

        foreach (var name in names)
        {
            if (LogPaths.SwapRange(name) is not var (baseOffset, nextOffset)) { continue; }

            // Not only where the log file is still there: the crash may have come between it and its side files.
            foreach (var (replaced, suffix) in names.SelectMany(file => Suffixes.Select(suffix => (LogPaths.OffsetOf(file, suffix), suffix))))
            {
                if (replaced is { } offset && offset >= baseOffset && offset < nextOffset)
                {
                    disk.DeleteFile(LogPaths.File(directory, offset, suffix));
                }
            }

            disk.Rename(Path.Combine(directory, name), LogPaths.File(directory, baseOffset, LogPaths.LogSuffix));
            disk.FlushDirectory(directory);
        }
    }
}
