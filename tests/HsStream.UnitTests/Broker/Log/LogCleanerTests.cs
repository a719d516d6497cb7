using System.Text;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class LogCleanerTests
{
    private static readonly Dictionary<string, string> Compacted = new()
    {
        ["cleanup.policy"] = "compact",
        ["internal.segment.bytes"] = "400",
        ["min.cleanable.dirty.ratio"] = "0",
        ["delete.retention.ms"] = "1000",
    };

    [Fact]
    public async Task Superseded_records_go_and_all_others_keep_their_offsets()
    {
        await using var broker = new StorageHarness(Compacted);
        for (var i = 0; i < 40; i++) { broker.Append(($"k{i % 4}", $"v{i}")); }

        Assert.True(broker.Clean());
        var records = broker.Read();
        Assert.Equal(records.Select(record => record.Offset).Order(), records.Select(record => record.Offset));
        Assert.All(records, record => Assert.Equal($"k{record.Offset % 4}=v{record.Offset}", $"{record.Key}={record.Value}"));
        Assert.True(records.Count < 20);
        Assert.Equal([36, 37, 38, 39], records.GroupBy(record => record.Key).Select(group => group.Last().Offset).Order());
        Assert.Equal((0, 40), (broker.Log.LogStartOffset, broker.Log.HighWatermark));
    }

    [Fact]
    public async Task Nothing_is_done_until_enough_is_dirty_or_some_of_it_has_waited_too_long()
    {
        await using var broker = new StorageHarness(new(Compacted) { ["min.cleanable.dirty.ratio"] = "0.5", ["max.compaction.lag.ms"] = "60000" });
        for (var i = 0; i < 60; i++) { broker.Append(($"k{i}", "v")); }

        Assert.True(broker.Clean());
        Assert.False(broker.Clean());
        for (var i = 0; i < 8; i++) { broker.Append(($"k{i}", "v")); }

        Assert.False(broker.Clean());
        broker.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.True(broker.Clean());
    }

    [Fact]
    public async Task Records_younger_than_the_shortest_lag_are_left_alone()
    {
        await using var broker = new StorageHarness(new(Compacted) { ["min.compaction.lag.ms"] = "5000" });
        for (var i = 0; i < 30; i++) { broker.Append(("k", $"v{i}")); }

        Assert.False(broker.Clean());
        broker.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(broker.Clean());
    }

    [Fact]
    public async Task A_fetch_at_an_offset_that_is_gone_gets_the_next_batch()
    {
        await using var broker = new StorageHarness(Compacted);
        for (var i = 0; i < 40; i++) { broker.Append(("k", $"v{i}")); }

        broker.Clean();
        for (var offset = 0; offset < 40; offset++)
        {
            using var records = broker.Log.Read(offset, 1, IsolationLevel.ReadUncommitted, atLeastOne: true).Records;
            var bytes = new byte[records.Length];
            records.CopyTo(bytes);
            Assert.True(BatchHeader.Read(bytes).LastOffset >= offset);
        }
    }

    [Fact]
    public async Task What_compaction_leaves_is_merged_into_few_segments()
    {
        await using var broker = new StorageHarness(Compacted);
        for (var i = 0; i < 200; i++) { broker.Append(($"k{i % 3}", $"v{i}")); }

        var before = broker.Log.Segments.Count;
        Assert.True(before > 20);
        for (var i = 0; i < 12; i++)
        {
            broker.Append(($"k{i % 3}", "again"));
            broker.Clean();
        }

        Assert.InRange(broker.Log.Segments.Count, 1, 5);
    }

    [Fact]
    public async Task Nothing_at_or_behind_an_open_transaction_is_touched()
    {
        await using var broker = new StorageHarness(Compacted);
        broker.Append(7, transactional: true, ("k", "open"));
        for (var i = 0; i < 30; i++) { broker.Append(("k", $"v{i}")); }

        Assert.False(broker.Clean());
        Assert.Equal(31, broker.Read().Count);
        broker.Log.AppendMarker(7, 0, commit: false, 0);
        broker.Flush();
        Assert.True(broker.Clean());
        Assert.DoesNotContain(broker.Read(), record => record.Value == "open");
        Assert.Equal(32, broker.Log.LastStableOffset);
    }

    [Fact]
    public async Task A_duplicate_is_still_recognised_after_compaction_and_a_crash()
    {
        await using var broker = new StorageHarness(Compacted);
        var first = broker.Append(7, transactional: false, ("k", "v"));
        for (var i = 0; i < 30; i++) { broker.Append(("k", $"v{i}")); }

        Assert.True(broker.Clean());
        Assert.DoesNotContain(broker.Read(), record => record.Value == "v");
        broker.Restart();
        var again = broker.AppendAgain(7, ("k", "v"));
        Assert.Equal((ErrorCode.None, first.BaseOffset), (again.Error, again.BaseOffset));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, broker.AppendWith(7, 5, ("k", "w")).Error);
    }

    [Fact]
    public async Task A_reader_that_holds_records_reads_on_while_they_are_replaced()
    {
        await using var broker = new StorageHarness(Compacted);
        for (var i = 0; i < 30; i++) { broker.Append(("k", $"v{i}")); }

        using var held = broker.Log.Read(0, 200, IsolationLevel.ReadUncommitted, atLeastOne: true).Records;
        broker.Clean();
        var bytes = new byte[held.Length];
        held.CopyTo(bytes);
        Assert.Equal("v0", Encoding.UTF8.GetString(RecordReader.ReadAll(bytes).First().Value!.Value.Span));
    }

    [Fact]
    public async Task A_damaged_segment_stops_its_own_compaction_and_loses_nothing()
    {
        await using var broker = new StorageHarness(Compacted);
        for (var i = 0; i < 30; i++) { broker.Append(("k", $"v{i}")); }

        broker.Disk.Corrupt(broker.Log.Segments[1].File.Path, bytes =>
        {
            bytes[70] ^= 1;
            return bytes;
        });
        var before = broker.Log.Segments.Count;
        Assert.Contains("CRC", Assert.Throws<LogDamagedException>(() => broker.Clean()).Message);
        Assert.Equal(before, broker.Log.Segments.Count);
    }
}
