using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>Every topic setting of Apache Kafka 4, with its default and range.</summary>
internal static partial class TopicConfigDefinitions
{
    private const double Hour = 3_600_000;
    private const string Replicas = "Stored only: there is a single broker, so nothing is replicated.";
    private const string Remote = "Stored only: there is no remote storage.";

    /// <summary>Not shown to clients: a segment size below the public minimum, for tests (as in Kafka 4.1).</summary>
    public static readonly ConfigDefinition InternalSegmentBytes =
        new("internal.segment.bytes", ConfigType.Int, null, "A segment size below the public minimum, for tests.") { Min = 128, IsHonoured = true };

    /// <summary>In ordinal order of names.</summary>
    public static IReadOnlyList<ConfigDefinition> All { get; } =
    [
        new("cleanup.policy", ConfigType.List, "delete", "What happens to old segments: delete drops them by age and size, compact keeps the last record of each key; both may be given.")
        { Choices = ["compact", "delete"], BrokerSettings = [("log.cleanup.policy", 1)], IsHonoured = true },
        new("compression.gzip.level", ConfigType.Int, "-1", "Stored only: batches keep the compression of their producer.")
        { Check = Level(1, 9, -1), BrokerSettings = [("compression.gzip.level", 1)] },
        new("compression.lz4.level", ConfigType.Int, "9", "Stored only: batches keep the compression of their producer.")
        { Min = 1, Max = 17, BrokerSettings = [("compression.lz4.level", 1)] },
        new("compression.type", ConfigType.String, "producer", "Stored only: batches keep the compression of their producer.")
        { Choices = ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"], BrokerSettings = [("compression.type", 1)] },
        new("compression.zstd.level", ConfigType.Int, "3", "Stored only: batches keep the compression of their producer.")
        { Min = -131072, Max = 22, BrokerSettings = [("compression.zstd.level", 1)] },
        new("delete.retention.ms", ConfigType.Long, "86400000", "How long compaction keeps a tombstone, so that a reader from the start can still see it.")
        { Min = 0, BrokerSettings = [("log.cleaner.delete.retention.ms", 1)], IsHonoured = true },
        new("file.delete.delay.ms", ConfigType.Long, "60000", "Stored only: a retired file is unlinked at once, and those who still read it keep it open.")
        { Min = 0, BrokerSettings = [("log.segment.delete.delay.ms", 1)] },
        new("flush.messages", ConfigType.Long, "9223372036854775807", "Stored only: every batch is flushed before it is acknowledged.")
        { Min = 1, BrokerSettings = [("log.flush.interval.messages", 1)] },
        new("flush.ms", ConfigType.Long, "9223372036854775807", "Stored only: every batch is flushed before it is acknowledged.")
        { Min = 0, BrokerSettings = [("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)] },
        new("follower.replication.throttled.replicas", ConfigType.List, "", Replicas) { Check = Throttled("follower") },
        new("index.interval.bytes", ConfigType.Int, "4096", "Bytes of log between two entries of the offset index.")
        { Min = 0, BrokerSettings = [("log.index.interval.bytes", 1)], IsHonoured = true },
        new("leader.replication.throttled.replicas", ConfigType.List, "", Replicas) { Check = Throttled("leader") },
        new("local.retention.bytes", ConfigType.Long, "-2", Remote) { Min = -2, BrokerSettings = [("log.local.retention.bytes", 1)] },
        new("local.retention.ms", ConfigType.Long, "-2", Remote) { Min = -2, BrokerSettings = [("log.local.retention.ms", 1)] },
        new("max.compaction.lag.ms", ConfigType.Long, "9223372036854775807", "Longest time a record may wait for compaction.")
        { Min = 1, BrokerSettings = [("log.cleaner.max.compaction.lag.ms", 1)], IsHonoured = true },
        new("max.message.bytes", ConfigType.Int, "1048588", "Largest record batch that is accepted, as compressed by its producer.")
        { Min = 0, BrokerSettings = [("message.max.bytes", 1)], IsHonoured = true },
        new("message.downconversion.enable", ConfigType.Boolean, "true", "Stored only: old record formats are not served.")
        { BrokerSettings = [("log.message.downconversion.enable", 1)] },
        new("message.timestamp.after.max.ms", ConfigType.Long, "3600000", "How far a record's own timestamp may lie in the future.")
        { Min = 0, BrokerSettings = [("log.message.timestamp.after.max.ms", 1)], IsHonoured = true },
        new("message.timestamp.before.max.ms", ConfigType.Long, "9223372036854775807", "How far a record's own timestamp may lie in the past.")
        { Min = 0, BrokerSettings = [("log.message.timestamp.before.max.ms", 1)], IsHonoured = true },
        new("message.timestamp.type", ConfigType.String, "CreateTime", "Whether a record bears the time of its producer or that of its append.")
        { Choices = ["CreateTime", "LogAppendTime"], BrokerSettings = [("log.message.timestamp.type", 1)], IsHonoured = true },
        new("min.cleanable.dirty.ratio", ConfigType.Double, "0.5", "Share of the log not yet compacted from which on compaction is worth its while.")
        { Min = 0, Max = 1, BrokerSettings = [("log.cleaner.min.cleanable.ratio", 1)], IsHonoured = true },
        new("min.compaction.lag.ms", ConfigType.Long, "0", "Shortest time a record stays out of reach of compaction.")
        { Min = 0, BrokerSettings = [("log.cleaner.min.compaction.lag.ms", 1)], IsHonoured = true },
        new("min.insync.replicas", ConfigType.Int, "1", "Replicas that must hold a record before acks=all is answered; there is never more than one.")
        { Min = 1, BrokerSettings = [("min.insync.replicas", 1)], IsHonoured = true },
        new("preallocate", ConfigType.Boolean, "false", "Stored only: segment files grow as they are written.")
        { BrokerSettings = [("log.preallocate", 1)] },
        new("remote.log.copy.disable", ConfigType.Boolean, "false", Remote),
        new("remote.log.delete.on.disable", ConfigType.Boolean, "false", Remote),
        new("remote.storage.enable", ConfigType.Boolean, "false", "Must be false: there is no remote storage."),
        new("retention.bytes", ConfigType.Long, "-1", "Size of a partition above which the delete policy drops its oldest segments; -1 for no limit.")
        { BrokerSettings = [("log.retention.bytes", 1)], IsHonoured = true },
        new("retention.ms", ConfigType.Long, "604800000", "Age from which on the delete policy drops a segment; -1 for no limit.")
        { Min = -1, BrokerSettings = [("log.retention.ms", 1), ("log.retention.minutes", 60_000), ("log.retention.hours", (long)Hour)], IsHonoured = true },
        new("segment.bytes", ConfigType.Int, "134217728", "Size from which on a new segment is begun.")
        { Min = 1_048_576, BrokerSettings = [("log.segment.bytes", 1)], IsHonoured = true },
        new("segment.index.bytes", ConfigType.Int, "10485760", "Stored only: the size of an index follows from that of its segment.")
        { Min = 4, BrokerSettings = [("log.index.size.max.bytes", 1)] },
        new("segment.jitter.ms", ConfigType.Long, "0", "Stored only: segments of one broker on one disk need not be spread in time.")
        { Min = 0, BrokerSettings = [("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", (long)Hour)] },
        new("segment.ms", ConfigType.Long, "604800000", "Age from which on a new segment is begun even when the current one is small.")
        { Min = 1, BrokerSettings = [("log.roll.ms", 1), ("log.roll.hours", (long)Hour)], IsHonoured = true },
        new("unclean.leader.election.enable", ConfigType.Boolean, "false", Replicas)
        { BrokerSettings = [("unclean.leader.election.enable", 1)] },
    ];

    private static FrozenDictionary<string, ConfigDefinition> ByName { get; } =
        All.Append(InternalSegmentBytes).ToFrozenDictionary(definition => definition.Name, StringComparer.Ordinal);

    public static ConfigDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    private static Func<string, string?> Level(int min, int max, int preset) => text =>
        int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) is var level && (level == preset || (level >= min && level <= max))
            ? null
            : $"Value must be between {min} and {max} or equal to {preset}";

    private static Func<string, string?> Throttled(string role) => text =>
        text is "" or "*" || ReplicaList().IsMatch(text)
            ? null
            : $"{role}.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...";

    [GeneratedRegex(@"^[0-9]+:[0-9]+(,[0-9]+:[0-9]+)*$")]
    private static partial Regex ReplicaList();
}
