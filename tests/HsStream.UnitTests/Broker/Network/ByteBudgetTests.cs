using HsStream.Embedded.Broker.Network;
using Xunit;

namespace HsStream.UnitTests.Broker.Network;

public sealed class ByteBudgetTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_claim_waits_until_enough_is_given_back()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(80, Cancelled);
        var waiting = budget.TakeAsync(30, Cancelled).AsTask();
        Assert.False(waiting.IsCompleted);
        budget.Return(80);
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), Cancelled);
        Assert.Equal(30, budget.Used);
    }

    [Fact]
    public async Task A_small_claim_does_not_overtake_a_large_one()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(60, Cancelled);
        var large = budget.TakeAsync(90, Cancelled).AsTask();
        var small = budget.TakeAsync(1, Cancelled).AsTask();
        Assert.False(small.IsCompleted);
        budget.Return(60);
        await Task.WhenAll(large, small).WaitAsync(TimeSpan.FromSeconds(5), Cancelled);
        Assert.Equal(91, budget.Used);
    }

    [Fact]
    public async Task A_claim_larger_than_the_budget_is_granted_alone()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(1_000, Cancelled);
        var next = budget.TakeAsync(1, Cancelled).AsTask();
        Assert.False(next.IsCompleted);
        budget.Return(1_000);
        await next.WaitAsync(TimeSpan.FromSeconds(5), Cancelled);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_holds_nothing_and_lets_the_next_in()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(60, Cancelled);
        using var givenUp = new CancellationTokenSource();
        var large = budget.TakeAsync(90, givenUp.Token).AsTask();
        var small = budget.TakeAsync(20, Cancelled).AsTask();
        await givenUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small.WaitAsync(TimeSpan.FromSeconds(5), Cancelled);
        Assert.Equal(80, budget.Used);
    }
}
