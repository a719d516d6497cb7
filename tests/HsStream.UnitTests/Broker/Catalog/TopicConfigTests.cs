using HsStream.Embedded.Broker.Catalog;
using Xunit;

namespace HsStream.UnitTests.Broker.Catalog;

public sealed class TopicConfigTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public void Without_settings_a_topic_has_Kafkas_defaults()
    {
        var config = TopicConfig.Default;
        Assert.Equal(1_048_588, config.MaxMessageBytes);
        Assert.Equal(128 * 1024 * 1024, config.SegmentBytes);
        Assert.Equal(7 * 24 * 3_600_000L, config.RetentionMs);
        Assert.Equal(7 * 24 * 3_600_000L, config.SegmentMs);
        Assert.Equal(-1, config.RetentionBytes);
        Assert.Equal(0.5, config.MinCleanableDirtyRatio);
        Assert.Equal(long.MaxValue, config.MaxCompactionLagMs);
        Assert.Equal(3_600_000, config.TimestampAfterMaxMs);
        Assert.True(config is { IsDeleted: true, IsCompacted: false, IsLogAppendTime: false });
    }

    [Theory]
    [InlineData("cleanup.policy", "compact, delete", null)]
    [InlineData("cleanup.policy", "", null)]
    [InlineData("cleanup.policy", "shrink", "Invalid value shrink for configuration cleanup.policy: String must be one of: compact, delete")]
    [InlineData("retention.ms", " -1 ", null)]
    [InlineData("retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1")]
    [InlineData("retention.ms", "soon", "Invalid value soon for configuration retention.ms: Not a number of type LONG")]
    [InlineData("retention.bytes", "-100", null)]
    [InlineData("segment.bytes", "1048576", null)]
    [InlineData("segment.bytes", "1048575", "Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576")]
    [InlineData("segment.bytes", "3000000000", "Invalid value 3000000000 for configuration segment.bytes: Not a number of type INT")]
    [InlineData("internal.segment.bytes", "200", null)]
    [InlineData("segment.ms", "0", "Invalid value 0 for configuration segment.ms: Value must be at least 1")]
    [InlineData("min.cleanable.dirty.ratio", "1.5", "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1")]
    [InlineData("preallocate", "TRUE", null)]
    [InlineData("preallocate", "yes", "Invalid value yes for configuration preallocate: Expected value to be either true or false")]
    [InlineData("compression.gzip.level", "0", "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1")]
    [InlineData("compression.type", "brotli", "Invalid value brotli for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer")]
    [InlineData("leader.replication.throttled.replicas", "0:1,1:1", null)]
    [InlineData("max.compaction.lag.ms", "0", "Invalid value 0 for configuration max.compaction.lag.ms: Value must be at least 1")]
    [InlineData("remote.storage.enable", "true", "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")]
    [InlineData("colour", "red", "Unknown topic config name: colour")]
    public void A_setting_is_accepted_or_refused_as_Kafka_does(string name, string value, string? error) =>
        Assert.Equal(error, TopicConfig.Parse(new Dictionary<string, string> { [name] = value }, BrokerConfigs.Default).Error);

    [Fact]
    public void A_minimum_lag_above_the_maximum_is_refused() =>
        Assert.Equal(
            "conflict topic config setting min.compaction.lag.ms (20) > max.compaction.lag.ms (10)",
            TopicConfig.Parse(new Dictionary<string, string> { ["min.compaction.lag.ms"] = "20", ["max.compaction.lag.ms"] = "10" }, BrokerConfigs.Default).Error);

    [Fact]
    public void A_compacted_topic_rolls_within_its_longest_lag()
    {
        var config = Parse(new() { ["cleanup.policy"] = "compact", ["max.compaction.lag.ms"] = "100" });
        Assert.Equal(100, config.SegmentMs);
    }

    [Fact]
    public void Every_default_passes_its_own_check()
    {
        Assert.All(TopicConfigDefinitions.All, definition => Assert.Null(definition.Parse(definition.Default!).Error));
        Assert.All(
            BrokerConfigDefinitions.All.Where(definition => definition.Default is not null),
            definition => Assert.Null(definition.Parse(definition.Default!).Error));
        Assert.Equal(TopicConfigDefinitions.All.Select(d => d.Name).Order(StringComparer.Ordinal), TopicConfigDefinitions.All.Select(d => d.Name));
        Assert.All(
            TopicConfigDefinitions.All.SelectMany(definition => definition.BrokerSettings),
            setting => Assert.NotNull(BrokerConfigDefinitions.Find(setting.Name)));
    }

    [Fact]
    public void Describing_shows_the_source_of_every_value()
    {
        var broker = new BrokerConfigs(new Dictionary<string, string> { ["log.retention.minutes"] = "2" }, Nothing, Nothing)
            .With(Nothing, new Dictionary<string, string> { ["log.segment.bytes"] = "2000000" });
        var entries = TopicConfig.Parse(new Dictionary<string, string> { ["segment.ms"] = "5" }, broker).Config!.Describe().ToDictionary(entry => entry.Name);

        Assert.Equal(("120000", ConfigSource.StaticBroker), (entries["retention.ms"].Value, entries["retention.ms"].Source));
        Assert.Equal(("2000000", ConfigSource.DynamicDefaultBroker), (entries["segment.bytes"].Value, entries["segment.bytes"].Source));
        Assert.Equal(("5", ConfigSource.Topic), (entries["segment.ms"].Value, entries["segment.ms"].Source));
        Assert.Equal(
            [new("segment.ms", "5", ConfigSource.Topic), new("log.roll.hours", "168", ConfigSource.Default)],
            entries["segment.ms"].Synonyms);
        Assert.Equal(("0.5", ConfigSource.Default), (entries["min.cleanable.dirty.ratio"].Value, entries["min.cleanable.dirty.ratio"].Source));
        Assert.DoesNotContain("internal.segment.bytes", entries.Keys);
    }

    [Fact]
    public void The_brokers_own_settings_win_by_level()
    {
        var broker = new BrokerConfigs(new Dictionary<string, string> { ["message.max.bytes"] = "10" }, Nothing, Nothing);
        Assert.Equal("10", broker["message.max.bytes"]);
        broker = broker.With(Nothing, new Dictionary<string, string> { ["message.max.bytes"] = "20" });
        Assert.Equal("20", broker["message.max.bytes"]);
        broker = broker.With(new Dictionary<string, string> { ["message.max.bytes"] = "30" }, broker.ClusterWide);
        Assert.Equal("30", broker["message.max.bytes"]);
        Assert.Equal(30, TopicConfig.Parse(Nothing, broker).Config!.MaxMessageBytes);
        Assert.Single(broker.DescribeClusterWide());
        Assert.True(broker.Describe().Count > 80);
    }

    [Fact]
    public void Settings_fixed_at_start_cannot_be_changed_while_the_broker_runs()
    {
        Assert.Equal(
            "Cannot update these configs dynamically: Set(listeners, node.id)",
            BrokerConfigs.Validate(new Dictionary<string, string> { ["node.id"] = "3", ["listeners"] = "x", ["message.max.bytes"] = "5" }));
        Assert.Equal(
            "Invalid value x for configuration message.max.bytes: Not a number of type INT",
            BrokerConfigs.Validate(new Dictionary<string, string> { ["message.max.bytes"] = "x" }));
        Assert.Null(BrokerConfigs.Validate(new Dictionary<string, string> { ["sasl.kerberos.min.time.before.relogin"] = "58000", ["my.own"] = "1" }));
    }

    [Fact]
    public void Values_of_unknown_broker_settings_are_not_shown()
    {
        var entry = BrokerConfigs.Default.With(new Dictionary<string, string> { ["my.secret"] = "s3" }, Nothing).Describe().Single(e => e.Name == "my.secret");
        Assert.True(entry.IsSensitive);
        Assert.Null(entry.Value);
        Assert.Null(entry.Synonyms[0].Value);
    }

    private static TopicConfig Parse(Dictionary<string, string> settings) => TopicConfig.Parse(settings, BrokerConfigs.Default).Config!;
}
