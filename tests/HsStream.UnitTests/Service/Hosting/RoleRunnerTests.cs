using HsStream.Service.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.UnitTests.Service.Hosting;

public sealed class RoleRunnerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_failure_stops_the_others_and_is_the_runners()
    {
        var stopped = new TaskCompletionSource();
        using var runner = new RoleRunner(
            [
                new RoleTask("failing", _ => throw new InvalidOperationException("fenced")),
                new RoleTask("working", async stop =>
                {
                    await using var registration = stop.Register(stopped.SetResult);
                    await Task.Delay(Timeout.InfiniteTimeSpan, stop);
                }),
            ],
            NullLogger<RoleRunner>.Instance);
        await runner.StartAsync(Stop);
        Assert.Equal("fenced", (await Assert.ThrowsAsync<InvalidOperationException>(() => runner.Completion.WaitAsync(Patience, Stop))).Message);
        await stopped.Task.WaitAsync(Patience, Stop);
        await runner.StopAsync(Stop);
    }

    [Fact]
    public async Task A_stop_is_no_failure()
    {
        using var runner = new RoleRunner([new RoleTask("working", stop => Task.Delay(Timeout.InfiniteTimeSpan, stop))], NullLogger<RoleRunner>.Instance);
        await runner.StartAsync(Stop);
        await runner.StopAsync(Stop);
        await runner.Completion.WaitAsync(Patience, Stop);
    }

    [Fact]
    public void A_process_gets_the_lowest_free_number_and_it_is_free_again_after_it()
    {
        var scope = Guid.NewGuid().ToString();
        using var first = InstanceSlot.Take("", scope);
        string second;
        using (var slot = InstanceSlot.Take("", scope)) { second = slot.Name; }
        using var again = InstanceSlot.Take("", scope);
        Assert.NotEqual(first.Name, second);
        Assert.Equal(second, again.Name);
        Assert.Equal("given", InstanceSlot.Take("given", scope).Name);
    }
}
