using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>What a compaction left behind when the process ended in the middle of it.</summary>
internal static class SwapFiles
{
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

            foreach (var replaced in names.Select(file => LogPaths.OffsetOf(file, LogPaths.LogSuffix)).OfType<long>())
            {
                if (replaced < baseOffset || replaced >= nextOffset) { continue; }

                foreach (var suffix in (string[])[LogPaths.LogSuffix, .. Segment.SideFileSuffixes])
                {
                    disk.DeleteFile(LogPaths.File(directory, replaced, suffix));
                }
            }

            disk.Rename(Path.Combine(directory, name), LogPaths.File(directory, baseOffset, LogPaths.LogSuffix));
            disk.FlushDirectory(directory);
        }
    }
}
