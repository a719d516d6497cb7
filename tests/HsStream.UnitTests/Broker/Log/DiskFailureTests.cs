using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class DiskFailureTests
{
    [Fact]
    public void A_full_disk_refuses_the_batch_and_leaves_the_log_as_it_was()
    {
        using var fixture = new LogFixture();
        fixture.Append("a");
        var size = fixture.Log.SizeInBytes;
        for (var free = 0; free < fixture.Batch("b").Length; free++)
        {
            fixture.Disk.FreeSpace = free;
            Assert.Equal(ErrorCode.KafkaStorageError, fixture.Append("b").Error);
            Assert.Equal((1L, size), (fixture.Log.LogEndOffset, (long)fixture.Disk.Content(fixture.PathOf(0, ".log")).Length));
        }

        fixture.Disk.FreeSpace = SimulatedDisk.Plenty;
        Assert.Equal(1, fixture.Append("c").BaseOffset);
        fixture.Manager.FlushOnce();
        Assert.Equal([(0, "a"), (1, "c")], fixture.ReadAll());
    }

    [Fact]
    public void A_disk_that_is_full_when_a_segment_is_closed_loses_nothing()
    {
        using var fixture = new LogFixture(configs: ("internal.segment.bytes", "200"));
        for (var i = 0; i < 6; i++) { fixture.Append($"{i}-{new string('x', 60)}"); }

        fixture.Disk.FreeSpace = 0;
        fixture.Manager.FlushOnce();
        Assert.Equal(6, fixture.ReadAll().Count);
        Assert.Equal(ErrorCode.KafkaStorageError, fixture.Append(new string('x', 60)).Error);
        fixture.Disk.ProcessDeath();
        fixture.Open();
        Assert.Null(fixture.Log.OfflineReason);
        Assert.Equal(6, fixture.ReadAll().Count);
        fixture.Disk.FreeSpace = SimulatedDisk.Plenty;
        Assert.Equal(ErrorCode.None, fixture.Append("more").Error);
    }

    [Fact]
    public async Task A_failed_flush_acknowledges_nothing_more_and_is_never_tried_again()
    {
        using var fixture = new LogFixture();
        var other = fixture.Manager.Open(new("other", 0), Guid.NewGuid(), fixture.Log.Config);
        fixture.Append("durable");
        fixture.Manager.FlushOnce();
        var waiting = fixture.Log.WaitDurableAsync(fixture.Append("lost").EndOffset).AsTask();
        fixture.Disk.FailFlushes(path => path.EndsWith(".log", StringComparison.Ordinal));
        fixture.Manager.FlushOnce();
        Assert.Equal(ErrorCode.KafkaStorageError, await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.True(fixture.Manager.Failure.IsCompletedSuccessfully);

        fixture.Disk.FailFlushes(_ => false);
        var flushes = fixture.Disk.Flushes;
        Assert.Equal(ErrorCode.KafkaStorageError, fixture.Append("more").Error);
        Assert.Equal(ErrorCode.KafkaStorageError, other.Append(fixture.Batch("x"), 9, null).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, await fixture.Log.WaitDurableAsync(2));
        fixture.Manager.FlushOnce();
        fixture.Manager.MaintainOnce();
        await fixture.Manager.DisposeAsync();
        Assert.Equal(flushes, fixture.Disk.Flushes);
        fixture.LosePowerAndOpen(1);
        Assert.Equal([(0, "durable")], fixture.ReadAll());
    }

    [Fact]
    public async Task Deleting_a_topic_wakes_its_waiters_and_observers_and_removes_its_files()
    {
        using var fixture = new LogFixture();
        var observer = new Observer();
        fixture.Log.AddObserver(observer);
        var waiting = fixture.Log.WaitDurableAsync(fixture.Append("a").EndOffset).AsTask();
        fixture.Manager.Delete(fixture.TopicId);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(1, observer.Told);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, fixture.Append("b").Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, fixture.Log.Read(0, 100, 0, true).Error);
        await fixture.Manager.DisposeAsync();
        Assert.Empty(fixture.Disk.ListDirectories("/data/logs"));
    }

    [Fact]
    public void Observers_hear_of_new_durable_data_and_of_a_moved_log_start()
    {
        using var fixture = new LogFixture();
        var (observer, gone) = (new Observer(), new Observer());
        fixture.Log.AddObserver(observer);
        fixture.Log.AddObserver(gone);
        fixture.Log.RemoveObserver(gone);
        fixture.Append("a");
        Assert.Equal(0, observer.Told);
        fixture.Manager.FlushOnce();
        Assert.Equal(1, observer.Told);
        fixture.Log.DeleteRecords(1);
        Assert.Equal((2, 0), (observer.Told, gone.Told));
    }

    [Fact]
    public void A_segment_is_closed_when_its_records_span_too_long_a_time()
    {
        using var fixture = new LogFixture(configs: ("segment.ms", "1000"));
        fixture.Append("a");
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1000));
        fixture.Append("b");
        Assert.Single(fixture.Log.Segments);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
        fixture.Append("c");
        Assert.Equal([0, 2], fixture.Log.Segments.Select(segment => segment.BaseOffset));
    }

    private sealed class Observer : ILogObserver
    {
        public int Told { get; private set; }

        public void Changed() => Told++;
    }
}
