using CsCheck;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class LogReadingTests
{
    [Fact]
    public void An_offset_in_the_middle_of_a_batch_returns_the_whole_batch()
    {
        using var fixture = new LogFixture();
        fixture.Append("a", "b", "c");
        fixture.Append("d");
        fixture.Manager.FlushOnce();
        Assert.Equal(0, BatchHeader.Read(Consumer.Bytes(fixture.Log.Read(2, 1 << 20, 0, true).Records)).BaseOffset);
        Assert.Equal([(2, "c"), (3, "d")], fixture.ReadAll(2));
    }

    [Fact]
    public void Offsets_outside_of_the_log_are_an_error_and_its_end_is_not()
    {
        using var fixture = new LogFixture();
        fixture.Append("a", "b", "c");
        fixture.Manager.FlushOnce();
        fixture.Append("not yet durable");
        Assert.Equal((ErrorCode.None, 0), Ends(fixture.Log.Read(3, 100, 0, true)));
        Assert.Equal((ErrorCode.None, 0), Ends(fixture.Log.Read(4, 100, 0, true)));
        Assert.Equal((ErrorCode.OffsetOutOfRange, 0), Ends(fixture.Log.Read(5, 100, 0, true)));
        Assert.Equal((ErrorCode.None, 2L), fixture.Log.DeleteRecords(2));
        Assert.Equal((ErrorCode.OffsetOutOfRange, 0), Ends(fixture.Log.Read(1, 100, 0, true)));
        Assert.Equal((ErrorCode.None, 1), (fixture.Log.Read(2, 1 << 20, 0, true).Error, fixture.ReadAll(2).Count));
    }

    [Fact]
    public void Log_start_never_passes_the_high_watermark_and_survives_a_loss_of_power()
    {
        using var fixture = new LogFixture(configs: ("internal.segment.bytes", "200"));
        for (var i = 0; i < 9; i++) { fixture.Append($"{i}-{new string('x', 60)}"); }

        fixture.Manager.FlushOnce();
        fixture.Append("not durable");
        Assert.Equal((ErrorCode.OffsetOutOfRange, -1L), fixture.Log.DeleteRecords(10));
        Assert.Equal((ErrorCode.None, 5L), fixture.Log.DeleteRecords(5));
        Assert.Equal((ErrorCode.None, 5L), fixture.Log.DeleteRecords(3));
        Assert.False(fixture.Disk.FileExists(fixture.PathOf(0, ".log")));
        fixture.LosePowerAndOpen();
        Assert.Equal(5, fixture.Log.LogStartOffset);
        Assert.Equal((ErrorCode.None, fixture.Log.HighWatermark), fixture.Log.DeleteRecords(-1));
    }

    [Fact]
    public void Records_already_fetched_stay_readable_after_their_segment_is_deleted()
    {
        using var fixture = new LogFixture(configs: ("internal.segment.bytes", "200"));
        for (var i = 0; i < 9; i++) { fixture.Append($"{i}-{new string('x', 60)}"); }

        fixture.Manager.FlushOnce();
        var fetched = fixture.Log.Read(0, 1 << 20, 0, true).Records;
        fixture.Log.DeleteRecords(-1);
        Assert.Equal(0, BatchHeader.Read(Consumer.Bytes(fetched)).BaseOffset);
    }

    /// <summary>For any log, position and limit: a fetch holds exactly the whole batches that fit, and says so beforehand.</summary>
    [Fact]
    public void A_fetch_returns_the_whole_batches_that_fit_into_its_limit() =>
        Gen.Select(Gen.Int[1, 5].Array[1, 40], Gen.Int[0, 200], Gen.Int[0, 3000], Gen.Bool).Sample((counts, pick, maxBytes, atLeastOne) =>
        {
            using var fixture = new LogFixture(configs: [("internal.segment.bytes", "1500"), ("index.interval.bytes", "300")]);
            var batches = counts.Select(count => (fixture.Append([.. Enumerable.Repeat("value-value", count)]).BaseOffset, Size: fixture.Batch([.. Enumerable.Repeat("value-value", count)]).Length, count)).ToList();
            fixture.Manager.FlushOnce();
            var offset = pick % fixture.Log.LogEndOffset;
            var first = batches.FindLastIndex(batch => batch.BaseOffset <= offset);
            var bases = fixture.Log.Segments.Select(segment => segment.BaseOffset).ToHashSet();
            var (expected, size) = (0, 0);
            for (var i = first; i < batches.Count && (i == first || !bases.Contains(batches[i].BaseOffset)); i++)
            {
                if (size + batches[i].Size > maxBytes && !(expected == 0 && atLeastOne)) { break; }

                (expected, size) = (expected + 1, size + batches[i].Size);
                if (size > maxBytes) { break; }
            }

            var available = batches[first..].Sum(batch => batch.Size);
            Assert.Equal(Math.Min(available, maxBytes), fixture.Log.AvailableBytes(offset, IsolationLevel.ReadUncommitted, maxBytes));
            var bytes = Consumer.Bytes(fixture.Log.Read(offset, maxBytes, IsolationLevel.ReadUncommitted, atLeastOne).Records);
            Assert.Equal(size, bytes.Length);
            Assert.Equal(fixture.ReadAll(offset).Count, fixture.Log.LogEndOffset - offset);
        }, iter: 200);

    [Fact]
    public void Read_committed_stops_at_open_transactions_and_lists_the_aborted_ones_by_first_offset()
    {
        using var fixture = new LogFixture();
        fixture.Log.Append(fixture.Batch(1, 0, 0, true, "a1"), 9, null);
        fixture.Log.Append(fixture.Batch(2, 0, 0, true, "b1"), 9, null);
        fixture.Log.Append(fixture.Batch(3, 0, 0, true, "c1"), 9, null);
        fixture.Log.AppendMarker(2, 0, commit: false, 0);
        fixture.Log.AppendMarker(1, 0, commit: false, 0);
        fixture.Manager.FlushOnce();
        Assert.Equal((5, 2), (fixture.Log.HighWatermark, fixture.Log.LastStableOffset));
        Assert.Equal([new(1, 0), new(2, 1)], fixture.Log.Read(0, 1 << 20, IsolationLevel.ReadCommitted, true).Aborted!);

        fixture.Log.AppendMarker(3, 0, commit: true, 0);
        Assert.Equal(2, fixture.Log.LastStableOffset);
        fixture.Manager.FlushOnce();
        Assert.Equal(6, fixture.Log.LastStableOffset);
        Assert.Equal([(2, "c1")], fixture.ReadAll(0, IsolationLevel.ReadCommitted));
        Assert.Equal([new(1, 0)], fixture.Log.Read(4, 1 << 20, IsolationLevel.ReadCommitted, true).Aborted!);
        Assert.Empty(fixture.Log.Read(5, 1 << 20, IsolationLevel.ReadCommitted, true).Aborted!);
        Assert.Null(fixture.Log.Read(0, 1 << 20, IsolationLevel.ReadUncommitted, true).Aborted);
    }

    [Fact]
    public void A_marker_without_a_transaction_takes_an_offset_and_changes_nothing()
    {
        using var fixture = new LogFixture();
        Assert.Equal(0, fixture.Log.AppendMarker(1, 0, commit: false, 0).BaseOffset);
        fixture.Manager.FlushOnce();
        Assert.Equal(1, fixture.Log.LastStableOffset);
        Assert.Empty(fixture.Log.Read(0, 1 << 20, IsolationLevel.ReadCommitted, true).Aborted!);
    }

    [Fact]
    public void Times_find_the_first_record_that_is_late_enough() =>
        Gen.Select(Gen.Long[0, 50].Array[1, 4].Array[1, 30], Gen.Long[-1, 52], Gen.Int[0, 60]).Sample((times, wanted, start) =>
        {
            using var fixture = new LogFixture(configs: [("internal.segment.bytes", "400"), ("index.interval.bytes", "100")]);
            var all = new List<(long Offset, long Time)>();
            foreach (var batch in times)
            {
                fixture.Log.Append(RecordBatchBuilder.Build(new BatchSpec(), [.. batch.Select((time, i) => new LogRecord(i, time, null, null))]), 9, null);
                foreach (var time in batch) { all.Add((all.Count, time)); }
            }

            Assert.Equal((-1, -1), fixture.Log.FindByTimestamp(wanted, IsolationLevel.ReadUncommitted));
            fixture.Manager.FlushOnce();
            fixture.Log.DeleteRecords(start %= all.Count);
            all.RemoveRange(0, start);
            Assert.Equal(all.Append((-1, -1)).First(record => record.Time >= wanted || record.Offset < 0), fixture.Log.FindByTimestamp(wanted, IsolationLevel.ReadUncommitted));
            if (start == 0) { Assert.Equal(all.MaxBy(record => record.Time), fixture.Log.FindMaxTimestamp()); }

            fixture.KillAndOpen();
            Assert.Equal(all.Append((-1, -1)).First(record => record.Time >= wanted || record.Offset < 0), fixture.Log.FindByTimestamp(wanted, IsolationLevel.ReadUncommitted));
        }, iter: 200);

    [Fact]
    public void The_largest_time_is_that_of_a_record_readers_can_see()
    {
        using var fixture = new LogFixture();
        Assert.Equal((-1, -1), fixture.Log.FindMaxTimestamp());
        fixture.Log.Append(RecordBatchBuilder.Build([(null, null)], 100), 9, null);
        fixture.Log.Append(RecordBatchBuilder.Build([(null, null)], 90), 9, null);
        fixture.Manager.FlushOnce();
        fixture.Log.Append(RecordBatchBuilder.Build([(null, null)], 110), 9, null);
        Assert.Equal((0, 100), fixture.Log.FindMaxTimestamp());
        fixture.Manager.FlushOnce();
        Assert.Equal((2, 110), fixture.Log.FindMaxTimestamp());
        fixture.Log.DeleteRecords(1);
        Assert.Equal((2, 110), fixture.Log.FindMaxTimestamp());
        fixture.Append("later");
        fixture.Manager.FlushOnce();
        fixture.Log.DeleteRecords(-1);
        Assert.Equal((-1, -1), fixture.Log.FindMaxTimestamp());
    }

    private static (ErrorCode Error, int Length) Ends(FetchData data) => (data.Error, data.Records.Length);
}
