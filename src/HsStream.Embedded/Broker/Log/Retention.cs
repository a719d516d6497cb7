namespace HsStream.Embedded.Broker.Log;

/// <summary>Drops whole segments that are too old or too many (cleanup.policy delete), oldest first and never beyond the high watermark.</summary>
internal static class Retention
{
    /// <summary>One round over a partition. An active segment whose records are all due is rolled and dropped, too.</summary>
    /// <exception cref="IOException">The log start could not be moved; nothing was dropped.</exception>
    public static void Apply(PartitionLog log, long nowMs)
    {
        var config = log.Config;
        if (!config.IsDeleted || log.OfflineReason is not null || log.Segments.Count == 0) { return; }

        var excess = config.RetentionBytes < 0 ? 0 : log.SizeInBytes - config.RetentionBytes;
        Drop(log, segment =>
        {
            if (excess <= 0 || segment.SizeInBytes > excess) { return false; }

            excess -= segment.SizeInBytes;
            return true;
        });
        if (config.RetentionMs >= 0) { Drop(log, segment => nowMs - AgeFrom(segment) > config.RetentionMs); }
    }

    /// <summary>The segment's largest timestamp; without any, the time when we first saw it.</summary>
    private static long AgeFrom(Segment segment) => segment.MaxTimestampMs >= 0 ? segment.MaxTimestampMs : segment.CreatedMs;

    private static void Drop(PartitionLog log, Func<Segment, bool> isDue)
    {
        var (segments, highWatermark) = (log.Segments, log.HighWatermark);
        var due = 0;
        while (due < segments.Count && segments[due].NextOffset <= highWatermark
            && !(due == segments.Count - 1 && segments[due].SizeInBytes == 0) && isDue(segments[due]))
        {
            due++;
        }

        if (due == 0) { return; }

        // Taken before the roll: what is appended meanwhile is younger and stays.
        var start = segments[due - 1].NextOffset;
        if (due == segments.Count) { log.RollActive(); }

        log.AdvanceLogStart(start);
    }
}
