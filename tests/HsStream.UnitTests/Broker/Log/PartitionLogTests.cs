using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class PartitionLogTests
{
    [Fact]
    public void What_was_appended_is_read_once_it_is_durable()
    {
        using var fixture = new LogFixture();
        var result = fixture.Append("a", "b");
        Assert.Equal((ErrorCode.None, 0L, 2L, -1L, 0L), (result.Error, result.BaseOffset, result.EndOffset, result.LogAppendTime, result.LogStartOffset));
        Assert.Equal((2, 0), (fixture.Log.LogEndOffset, fixture.Log.HighWatermark));
        Assert.Empty(fixture.ReadAll());

        fixture.Manager.FlushOnce();
        Assert.Equal((2, 2), (fixture.Log.HighWatermark, fixture.Log.LastStableOffset));
        Assert.Equal([(0, "a"), (1, "b")], fixture.ReadAll());
    }

    [Fact]
    public async Task A_waiter_is_woken_by_the_flush_that_makes_its_batch_durable()
    {
        using var fixture = new LogFixture();
        var waiting = fixture.Log.WaitDurableAsync(fixture.Append("a").EndOffset).AsTask();
        Assert.False(waiting.IsCompleted);
        fixture.Manager.FlushOnce();
        Assert.Equal(ErrorCode.None, await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCode.None, await fixture.Log.WaitDurableAsync(1));
    }

    [Fact]
    public async Task A_clean_stop_and_a_kill_keep_everything_written()
    {
        using var fixture = new LogFixture();
        fixture.Append("a");
        await fixture.StopAndOpenAsync();
        Assert.Equal([(0, "a")], fixture.ReadAll());
        fixture.Append("b");
        fixture.KillAndOpen();
        Assert.Equal([(0, "a"), (1, "b")], fixture.ReadAll());
    }
}
