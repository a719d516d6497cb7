using HsStream.Embedded.Broker.Log;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class RetentionTests
{
    private static readonly Dictionary<string, string> Small = new() { ["internal.segment.bytes"] = "300" };

    [Fact]
    public async Task Segments_whose_newest_record_is_too_old_are_dropped()
    {
        await using var broker = new StorageHarness(new(Small) { ["retention.ms"] = "10000" });
        for (var i = 0; i < 20; i++) { broker.Append(("k", $"v{i}")); }

        broker.Time.Advance(TimeSpan.FromSeconds(9));
        for (var i = 20; i < 30; i++) { broker.Append(("k", $"v{i}")); }

        Retention.Apply(broker.Log, broker.NowMs);
        Assert.Equal(0, broker.Log.LogStartOffset);
        broker.Time.Advance(TimeSpan.FromMilliseconds(1_001));
        Retention.Apply(broker.Log, broker.NowMs);
        Assert.InRange(broker.Log.LogStartOffset, 12, 20);
        Assert.Equal(broker.Log.LogStartOffset, broker.Log.Segments[0].BaseOffset);
        Assert.Equal(broker.Log.LogStartOffset, broker.Read()[0].Offset);
    }

    [Fact]
    public async Task When_everything_is_too_old_the_active_segment_is_rolled_and_dropped_too()
    {
        await using var broker = new StorageHarness(new(Small) { ["retention.ms"] = "10000" });
        for (var i = 0; i < 20; i++) { broker.Append(("k", $"v{i}")); }

        broker.Time.Advance(TimeSpan.FromSeconds(11));
        Retention.Apply(broker.Log, broker.NowMs);
        Assert.Equal((20, 20, 0), (broker.Log.LogStartOffset, broker.Log.LogEndOffset, (int)broker.Log.SizeInBytes));
        broker.Restart();
        Assert.Equal((20, 20), (broker.Log.LogStartOffset, broker.Log.LogEndOffset));
        broker.Append(("k", "after"));
        Assert.Equal(20, Assert.Single(broker.Read()).Offset);
    }

    [Fact]
    public async Task Oldest_segments_are_dropped_until_the_rest_would_be_below_the_size()
    {
        await using var broker = new StorageHarness(new(Small) { ["retention.bytes"] = "1000", ["retention.ms"] = "-1" });
        for (var i = 0; i < 60; i++) { broker.Append(("k", $"v{i}")); }

        Retention.Apply(broker.Log, broker.NowMs);
        Assert.InRange(broker.Log.SizeInBytes, 1_000, 1_300);
        Assert.Equal(60, broker.Log.LogEndOffset);
    }

    [Fact]
    public async Task Without_the_delete_policy_nothing_is_dropped_and_with_both_policies_it_is()
    {
        foreach (var (policy, start) in new[] { ("compact", 0), ("compact,delete", 20) })
        {
            await using var broker = new StorageHarness(new(Small) { ["retention.ms"] = "1", ["cleanup.policy"] = policy });
            for (var i = 0; i < 20; i++) { broker.Append(("k", $"v{i}")); }

            broker.Time.Advance(TimeSpan.FromSeconds(1));
            Retention.Apply(broker.Log, broker.NowMs);
            Assert.Equal(start, broker.Log.LogStartOffset);
        }
    }

    [Fact]
    public async Task Records_that_are_not_yet_durable_stay()
    {
        await using var broker = new StorageHarness(new(Small) { ["retention.ms"] = "1" });
        for (var i = 0; i < 20; i++) { Assert.Equal(default, broker.Log.Append(RecordBatchBuilder.Build([(null, new byte[10])], broker.NowMs), 11, null).Error); }

        broker.Time.Advance(TimeSpan.FromSeconds(1));
        Retention.Apply(broker.Log, broker.NowMs);
        Assert.Equal(0, broker.Log.LogStartOffset);
        broker.Flush();
        Retention.Apply(broker.Log, broker.NowMs);
        Assert.Equal(20, broker.Log.LogStartOffset);
    }

    [Fact]
    public async Task A_reader_that_holds_records_reads_on_after_they_are_dropped()
    {
        await using var broker = new StorageHarness(new(Small) { ["retention.ms"] = "1" });
        for (var i = 0; i < 20; i++) { broker.Append(("k", $"v{i}")); }

        using var held = broker.Log.Read(0, 100, IsolationLevel.ReadUncommitted, atLeastOne: true).Records;
        broker.Time.Advance(TimeSpan.FromSeconds(1));
        Retention.Apply(broker.Log, broker.NowMs);
        var bytes = new byte[held.Length];
        held.CopyTo(bytes);
        Assert.Equal(0, RecordReader.ReadAll(bytes).First().Offset);
    }
}
