using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>Topics, partitions and configs, with many requests that must be refused.</summary>
internal static class AdminScripts
{
    private static readonly (string Name, string? Value)[] Configs =
    [
        ("retention.ms", "60000"), ("retention.ms", "-1"), ("retention.ms", "-2"), ("retention.ms", "soon"), ("retention.ms", null), ("cleanup.policy", "compact"),
        ("cleanup.policy", "delete,compact"), ("cleanup.policy", "shred"), ("max.message.bytes", "1000"), ("max.message.bytes", "-1"), ("max.message.bytes", "99999999999"),
        ("segment.bytes", "2000000"), ("segment.bytes", "10"), ("min.insync.replicas", "1"), ("min.insync.replicas", "0"), ("message.timestamp.type", "LogAppendTime"),
        ("message.timestamp.type", "Whenever"), ("compression.type", "producer"), ("compression.type", "rar"), ("no.such.config", "1"), ("unclean.leader.election.enable", "true"),
        ("unclean.leader.election.enable", "maybe"), ("min.cleanable.dirty.ratio", "0.3"), ("min.cleanable.dirty.ratio", "2"), ("delete.retention.ms", "100"),
    ];

    private static readonly List<string> DescribedKeys =
        ["retention.ms", "cleanup.policy", "max.message.bytes", "message.timestamp.type", "compression.type", "min.cleanable.dirty.ratio", "delete.retention.ms", "no.such.config"];

    public static Script Admin(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        string[] names = ["made1", "made2", "bad/name", "..", "made1", new string('n', 260)];
        for (var n = 0; n < 14; n++)
        {
            var name = names[random.Next(names.Length)];
            var config = Configs[random.Next(Configs.Length)];
            switch (random.Next(8))
            {
                case 0 or 1: steps.Add(Create(random, name, random.Next(2) == 0 ? null : config)); break;
                case 2:
                    var (version, byName) = ((short)random.Next(1, 6), name);
                    steps.Add(new Call(new Route.Any(), ApiKey.DeleteTopics, version, side => new DeleteTopicsRequest { TimeoutMs = 30_000, Topics = [new() { Name = Named(side, byName) }] }));
                    steps.Add(Metadata(name));
                    break;
                case 3:
                    var (count, validate) = (random.Next(-1, 5), random.Next(4) == 0);
                    steps.Add(
                        new Call(
                            new Route.Any(), ApiKey.CreatePartitions, (short)random.Next(4),
                            side => new CreatePartitionsRequest { TimeoutMs = 30_000, ValidateOnly = validate, Topics = [new() { Name = Named(side, name), Count = count }] }));
                    break;
                case 4 or 5: steps.Add(Alter(random, name, config)); break;
                case 6: steps.Add(Describe(name)); break;
                default: steps.Add(Metadata(name)); break;
            }
        }

        steps.AddRange([Describe("plain"), Describe("made1"), Metadata("made1"), Metadata("made2")]);
        return new Script("admin", seed, [new("plain")], steps);
    }

    /// <summary>Names that are no names stay as they are; the others get the side's prefix.</summary>
    private static string Named(Side side, string name) => name.StartsWith("made", StringComparison.Ordinal) || name == "plain" ? side.Name(name) : name;

    private static Call Create(Random random, string name, (string Name, string? Value)? config)
    {
        var (partitions, replicas, validate, version, twice) =
            (random.Next(8) switch { 0 => 0, 1 => -1, 2 => -5, _ => random.Next(1, 4) }, random.Next(8) switch { 0 => (short)0, 1 => (short)1, _ => (short)-1 }, random.Next(4) == 0, (short)random.Next(4, 8), random.Next(10) == 0);
        return new Call(
            new Route.Any(), ApiKey.CreateTopics, version,
            side =>
            {
                CreateTopicsRequest.TopicData Row() =>
                    new()
                    {
                        Name = Named(side, name),
                        Partitions = partitions,
                        ReplicationFactor = replicas,
                        Configs = config is { } one ? [new() { Name = one.Name, Value = one.Value }] : [],
                    };
                return new CreateTopicsRequest { TimeoutMs = 30_000, ValidateOnly = validate, Topics = twice ? [Row(), Row()] : [Row()] };
            })
        {
            // Which broker defaults a topic gets is configuration, not behaviour.
            Learn = (_, answer) =>
            {
                foreach (var topic in ((CreateTopicsResponse)answer).Topics)
                {
                    topic.Configs = null;
                    if (partitions == -1) { topic.Partitions = Math.Sign(topic.Partitions); }
                    topic.ReplicationFactor = (short)Math.Sign(topic.ReplicationFactor);
                }
            },
        };
    }

    private static Call Alter(Random random, string name, (string Name, string? Value) config)
    {
        var (operation, validate, incremental) = ((sbyte)random.Next(-1, 5), random.Next(5) == 0, random.Next(4) > 0);
        var target = random.Next(2) == 0 ? "plain" : name;
        var type = random.Next(15) == 0 ? (sbyte)9 : (sbyte)ConfigResource.Topic;
        return incremental
            ? new Call(
                new Route.Any(), ApiKey.IncrementalAlterConfigs, (short)random.Next(2),
                side => new IncrementalAlterConfigsRequest
                {
                    ValidateOnly = validate,
                    Resources = [new() { Type = type, Name = Named(side, target), Configs = [new() { Name = config.Name, Operation = operation, Value = config.Value }] }],
                })
            : new Call(
                new Route.Any(), ApiKey.AlterConfigs, (short)random.Next(3),
                side => new AlterConfigsRequest
                {
                    ValidateOnly = validate,
                    Resources = [new() { Type = type, Name = Named(side, target), Configs = [new() { Name = config.Name, Value = config.Value }] }],
                });
    }

    /// <summary>Only configs whose default does not depend on the broker's own configuration file.</summary>
    private static Call Describe(string name) =>
        new(
            new Route.Any(), ApiKey.DescribeConfigs, 4,
            side => new DescribeConfigsRequest { Resources = [new() { Type = (sbyte)ConfigResource.Topic, Name = Named(side, name), Keys = [.. DescribedKeys] }] });

    private static Call Metadata(string name) =>
        new(
            new Route.Any(), ApiKey.Metadata, 9,
            side => new MetadataRequest { AllowAutoTopicCreation = false, Topics = [new() { Name = Named(side, name) }] })
        {
            // A topic just made has no leader yet on a cluster; a topic just deleted may still be named for a moment.
            NotYet = answer => ((MetadataResponse)answer).Topics.Exists(topic => topic.Error is ErrorCode.None && topic.Partitions.Exists(partition => partition.Error != ErrorCode.None)),
        };
}
