using CsCheck;
using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Catalog;

public sealed class TopicCatalogTests
{
    private static readonly Dictionary<string, string?> NoConfigs = [];

    [Fact]
    public void Topics_settings_and_producer_ids_survive_a_loss_of_power_at_once()
    {
        using var broker = new CatalogHarness();
        var topic = broker.Create("orders", 3, ("retention.ms", "5"));
        broker.Create("__consumer_offsets", 1);
        Assert.Equal(ErrorCode.None, broker.Catalog.AddPartitions(topic, 5, validateOnly: false).Error);
        Assert.Equal(ErrorCode.None, broker.Catalog.SetConfigs(topic, new Dictionary<string, string> { ["segment.ms"] = "9" }, validateOnly: false).Error);
        Assert.Equal(ErrorCode.None, broker.Catalog.SetBrokerConfigs(
            new Dictionary<string, string> { ["log.retention.ms"] = "77" }, new Dictionary<string, string> { ["message.max.bytes"] = "99" }, validateOnly: false).Error);
        var (cluster, producer) = (broker.Catalog.ClusterId, broker.Catalog.NextProducerId());

        broker.LosePower(1);
        Assert.Equal(cluster, broker.Catalog.ClusterId);
        Assert.Equal(["__consumer_offsets", "orders"], broker.Catalog.Topics.Select(t => t.Name));
        var again = broker.Catalog.Find("orders")!;
        Assert.Equal((topic.Id, 5, false), (again.Id, again.Partitions.Count, again.IsInternal));
        Assert.Equal((9, 77, 99), (again.Config.SegmentMs, again.Config.RetentionMs, again.Config.MaxMessageBytes));
        Assert.True(broker.Catalog.Find("__consumer_offsets")!.IsInternal);
        Assert.Same(again, broker.Catalog.Find(topic.Id));
        Assert.Equal(4, broker.Catalog.Find(new TopicPartition("orders", 4))!.Partition.Partition);
        Assert.Null(broker.Catalog.Find(new TopicPartition("orders", 5)));
        Assert.Null(broker.Catalog.Find(new TopicPartition("orders", -1)));
        Assert.True(broker.Catalog.NextProducerId() > producer);
    }

    [Theory]
    [InlineData("", 1, null, null, 17, "Topic name is invalid: the empty string is not allowed")]
    [InlineData("..", 1, null, null, 17, "Topic name is invalid: '..' is not allowed")]
    [InlineData("a/b", 1, null, null, 17, "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")]
    [InlineData("taken.name", 1, null, null, 36, "Topic 'taken.name' already exists.")]
    [InlineData("taken_name", 1, null, null, 17, "Topic 'taken_name' collides with existing topic: taken.name")]
    [InlineData("t", 0, null, null, 37, "Number of partitions was set to an invalid non-positive value.")]
    [InlineData("t", 10_001, null, null, 44, "Excessively large number of partitions per request.")]
    [InlineData("t", 1, "colour", "red", 40, "Unknown topic config name: colour")]
    [InlineData("t", 1, "segment.ms", null, 40, "Null value not supported for topic configs: segment.ms")]
    [InlineData("t", 1, "segment.ms", "x", 40, "Invalid value x for configuration segment.ms: Not a number of type LONG")]
    public void A_topic_that_cannot_be_is_refused_as_Kafka_does(string name, int partitions, string? setting, string? value, short error, string message)
    {
        using var broker = new CatalogHarness();
        broker.Create("taken.name", 1);
        var configs = setting is null ? NoConfigs : new Dictionary<string, string?> { [setting] = value };
        Assert.Equal(((ErrorCode)error, message, null), broker.Catalog.Create(name, partitions, configs, validateOnly: false));
        Assert.Single(broker.Catalog.Topics);
    }

    [Fact]
    public void A_name_may_have_249_characters_and_not_one_more()
    {
        using var broker = new CatalogHarness();
        broker.Create(new string('n', 249), 1);
        Assert.Equal(ErrorCode.InvalidTopicException, broker.Catalog.Create(new string('n', 250), 1, NoConfigs, validateOnly: false).Error);
    }

    [Fact]
    public void Validating_changes_nothing()
    {
        using var broker = new CatalogHarness();
        var topic = broker.Create("t", 1);
        var before = broker.Disk.Operations;
        Assert.Equal((ErrorCode.None, null, null), broker.Catalog.Create("new", 1, NoConfigs, validateOnly: true));
        Assert.Equal((ErrorCode.None, null), broker.Catalog.AddPartitions(topic, 2, validateOnly: true));
        Assert.Equal((ErrorCode.None, null), broker.Catalog.SetConfigs(topic, new Dictionary<string, string> { ["segment.ms"] = "9" }, validateOnly: true));
        Assert.Equal((ErrorCode.None, null), broker.Catalog.SetBrokerConfigs(new Dictionary<string, string> { ["message.max.bytes"] = "9" }, new Dictionary<string, string>(), validateOnly: true));
        Assert.Equal((before, 1, 1), (broker.Disk.Operations, broker.Catalog.Topics.Count, topic.Partitions.Count));
        Assert.Equal(1_048_588, topic.Config.MaxMessageBytes);
    }

    [Fact]
    public void Partitions_are_only_ever_added()
    {
        using var broker = new CatalogHarness();
        var topic = broker.Create("t", 3);
        Assert.Equal((ErrorCode.InvalidPartitions, "Topic already has 3 partition(s)."), broker.Catalog.AddPartitions(topic, 3, validateOnly: false));
        Assert.Equal((ErrorCode.InvalidPartitions, "The topic t currently has 3 partition(s); 2 would not be an increase."), broker.Catalog.AddPartitions(topic, 2, validateOnly: false));
    }

    [Fact]
    public async Task A_topic_created_anew_under_a_deleted_ones_name_is_another_topic()
    {
        using var broker = new CatalogHarness();
        var old = broker.Create("t", 1);
        old.Partitions[0].Append(RecordBatchBuilder.Build([(null, new byte[1])], 1), 11, null);
        Topic? told = null;
        broker.Catalog.Deleted += topic => told = topic;
        Assert.Equal((ErrorCode.None, null), broker.Catalog.Delete(old));
        Assert.Same(old, told);
        Assert.Null(broker.Catalog.Find("t"));
        var created = broker.Create("t", 1);
        Assert.NotEqual(old.Id, created.Id);
        Assert.Equal(0, created.Partitions[0].LogEndOffset);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, broker.Catalog.Delete(old).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, old.Partitions[0].Append(RecordBatchBuilder.Build([(null, new byte[1])], 1), 11, null).Error);
        await broker.Logs.DisposeAsync();
        Assert.Equal([created.Id], broker.Logs.TopicsOnDisk);
    }

    [Fact]
    public void Changed_settings_reach_the_partitions_at_once()
    {
        using var broker = new CatalogHarness();
        var topic = broker.Create("t", 2, ("retention.ms", "5"));
        broker.Catalog.SetConfigs(topic, new Dictionary<string, string> { ["max.message.bytes"] = "9" }, validateOnly: false);
        Assert.All(topic.Partitions, partition => Assert.Equal((9, 604_800_000), (partition.Config.MaxMessageBytes, partition.Config.RetentionMs)));
        broker.Catalog.SetBrokerConfigs(new Dictionary<string, string>(), new Dictionary<string, string> { ["log.retention.ms"] = "7" }, validateOnly: false);
        Assert.All(topic.Partitions, partition => Assert.Equal(7, partition.Config.RetentionMs));
    }

    [Fact]
    public void A_broker_setting_that_a_topic_cannot_follow_is_refused()
    {
        using var broker = new CatalogHarness();
        broker.Create("t", 1, ("max.compaction.lag.ms", "10"));
        var (error, message) = broker.Catalog.SetBrokerConfigs(
            new Dictionary<string, string> { ["log.cleaner.min.compaction.lag.ms"] = "20" }, new Dictionary<string, string>(), validateOnly: false);
        Assert.Equal(ErrorCode.InvalidRequest, error);
        Assert.Contains("Topic t does not allow it", message);
    }

    [Fact]
    public void Producer_ids_are_never_given_twice_whatever_happens()
    {
        using var broker = new CatalogHarness();
        var seen = new HashSet<long>();
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 300 * round; i++) { Assert.True(seen.Add(broker.Catalog.NextProducerId())); }

            broker.LosePower(round);
        }

        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 500; i++)
            {
                var id = broker.Catalog.NextProducerId();
                lock (seen) { Assert.True(seen.Add(id)); }
            }
        });
    }

    [Fact]
    public void A_full_disk_refuses_a_topic_and_leaves_nothing_of_it()
    {
        using var broker = new CatalogHarness();
        broker.Create("before", 1);
        for (var free = 0; free < 400; free += 7)
        {
            broker.Disk.FreeSpace = free;
            var (error, _, topic) = broker.Catalog.Create($"t{free}", 2, NoConfigs, validateOnly: false);
            Assert.Equal(topic is null ? ErrorCode.KafkaStorageError : ErrorCode.None, error);
            Assert.Equal(topic, broker.Catalog.Find($"t{free}"));
        }

        broker.Disk.FreeSpace = long.MaxValue;
        broker.Create("after", 1);
        var names = broker.Catalog.Topics.Select(t => t.Name).ToList();
        broker.LosePower(3);
        Assert.Equal(names, broker.Catalog.Topics.Select(t => t.Name));
    }

    [Fact]
    public void After_a_failed_flush_the_catalog_takes_no_more_changes_until_it_is_opened_again()
    {
        using var broker = new CatalogHarness();
        broker.Create("before", 1);
        broker.Disk.FailFlushes(path => path.EndsWith(CatalogFile.Name, StringComparison.Ordinal));
        Assert.Equal(ErrorCode.KafkaStorageError, broker.Catalog.Create("t", 1, NoConfigs, validateOnly: false).Error);
        broker.Disk.FailFlushes(_ => false);
        Assert.Equal(ErrorCode.KafkaStorageError, broker.Catalog.Create("t", 1, NoConfigs, validateOnly: false).Error);
        Assert.Single(broker.Catalog.Topics);
        broker.Disk.ProcessDeath();
        broker.Open();
        Assert.Equal(["before", "t"], broker.Catalog.Topics.Select(t => t.Name));
        broker.Create("after", 1);
    }

    [Fact]
    public void Partitions_without_their_catalog_and_a_catalog_without_its_partitions_are_refused()
    {
        using var broker = new CatalogHarness();
        var topic = broker.Create("t", 1);
        broker.Disk.ProcessDeath();
        broker.Disk.Rename($"/data/{CatalogFile.Name}", "/data/elsewhere");
        Assert.Contains("no catalog.log", Assert.Throws<CatalogException>(broker.Open).Message);
        broker.Disk.Rename("/data/elsewhere", $"/data/{CatalogFile.Name}");
        broker.Disk.DeleteDirectory(LogPaths.Partition("/data", topic.Id, 0));
        Assert.Contains("of t-0 is missing", Assert.Throws<CatalogException>(broker.Open).Message);
    }

    [Fact]
    public void A_stored_setting_that_is_no_longer_allowed_does_not_keep_the_broker_from_starting()
    {
        using var broker = new CatalogHarness();
        var (file, _) = CatalogFile.Open(broker.Disk, "/data");
        var id = TopicId.New();
        broker.Logs.Open(new TopicPartition("t", 0), id, TopicConfig.Default);
        file.Append(new CatalogEntry
        {
            Kind = CatalogEntryKind.TopicCreated,
            Id = id,
            Name = "t",
            Partitions = 1,
            Settings = [new() { Name = "segment.ms", Value = "-5" }, new() { Name = "gone", Value = "1" }, new() { Name = "retention.ms", Value = "5" }],
        });
        broker.Disk.ProcessDeath();
        broker.Open();
        Assert.Equal((604_800_000, 5), (broker.Catalog.Find("t")!.Config.SegmentMs, broker.Catalog.Find("t")!.Config.RetentionMs));
    }

    [Fact]
    public void Ids_are_written_as_Kafka_writes_them()
    {
        var id = new Guid("00010203-0405-0607-0809-0a0b0c0d0e0f");
        Assert.Equal("AAECAwQFBgcICQoLDA0ODw", TopicId.ToText(id));
        Assert.True(TopicId.TryParse("AAECAwQFBgcICQoLDA0ODw", out var parsed));
        Assert.Equal(id, parsed);
        Assert.False(TopicId.TryParse("AAECAwQFBgcICQoLDA0OD", out _));
        Assert.False(TopicId.TryParse("AAECAwQFBgcICQoLDA0OD!", out _));
        for (var i = 0; i < 500; i++) { Assert.False(TopicId.ToText(TopicId.New()).StartsWith('-')); }
    }

    private enum Kind
    {
        Create, CreateMore, Delete, AddPartitions, SetConfigs, ProducerId,
    }

    private static readonly Gen<(Kind Kind, int Topic, int Number)> Step = Gen.Select(Gen.Enum<Kind>(), Gen.Int[0, 3], Gen.Int[1, 5]);

    [Fact]
    public void A_crash_at_any_disk_operation_leaves_each_change_done_or_undone() =>
        Gen.Select(Step.Array[1, 12], Gen.Int[1, 150], Gen.Int[0, 1_000]).Sample((steps, operations, seed) =>
        {
            using var broker = new CatalogHarness();
            foreach (var step in steps.Take(steps.Length / 2)) { Apply(broker.Catalog, step); }

            var (before, after) = (broker.Show(), broker.Show());
            var producer = -1L;
            broker.Disk.CrashAfter(operations);
            try
            {
                foreach (var step in steps.Skip(steps.Length / 2))
                {
                    after = Expect(before, step);
                    producer = Math.Max(producer, Apply(broker.Catalog, step));
                    before = broker.Show();
                    Assert.Equal(after, before);
                }
            }
            catch (SimulatedCrashException)
            {
                // The machine is off now.
            }

            if (seed % 4 == 0) { broker.Disk.ProcessDeath(); } else { broker.Disk.PowerLoss(new Random(seed)); }

            broker.Open();
            Assert.Contains(broker.Show(), new[] { before, after });
            Assert.All(broker.Catalog.Topics.SelectMany(topic => topic.Partitions), partition => Assert.Null(partition.OfflineReason));
            Assert.Equal(broker.Catalog.Topics.Select(topic => topic.Id).Order(), broker.Logs.TopicsOnDisk.Order());
            Assert.True(broker.Catalog.NextProducerId() > producer);
            broker.Create("one.more", 1);
        }, iter: 300);

    private static long Apply(TopicCatalog catalog, (Kind Kind, int Topic, int Number) step)
    {
        var topic = catalog.Find($"t{step.Topic}");
        switch (step.Kind)
        {
            case Kind.Create or Kind.CreateMore:
                catalog.Create($"t{step.Topic}", step.Number, NoConfigs, validateOnly: false);
                break;
            case Kind.ProducerId:
                return catalog.NextProducerId();
            case Kind.Delete when topic is not null:
                catalog.Delete(topic);
                break;
            case Kind.AddPartitions when topic is not null:
                catalog.AddPartitions(topic, step.Number, validateOnly: false);
                break;
            case Kind.SetConfigs when topic is not null:
                catalog.SetConfigs(topic, new Dictionary<string, string> { ["segment.ms"] = $"{step.Number}" }, validateOnly: false);
                break;
        }

        return -1;
    }

    /// <summary>The catalog after a step, from the line that shows it before.</summary>
    private static string Expect(string before, (Kind Kind, int Topic, int Number) step)
    {
        var topics = before.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(':')).ToDictionary(parts => parts[0], parts => (Partitions: int.Parse(parts[1]), SegmentMs: parts[2]));
        var name = $"t{step.Topic}";
        var exists = topics.TryGetValue(name, out var topic);
        if (step.Kind is Kind.Create or Kind.CreateMore && !exists) { topics[name] = (step.Number, "604800000"); }

        if (step.Kind == Kind.Delete) { topics.Remove(name); }

        if (step.Kind == Kind.AddPartitions && exists) { topics[name] = (Math.Max(topic.Partitions, step.Number), topic.SegmentMs); }

        if (step.Kind == Kind.SetConfigs && exists) { topics[name] = (topic.Partitions, $"{step.Number}"); }

        return string.Join(' ', topics.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{pair.Value.Partitions}:{pair.Value.SegmentMs}"));
    }
}
