using HsStream.Service.Console;
using Xunit;

namespace HsStream.UnitTests.Service.Console;

public sealed class IdempotencyStoreTests
{
    private static readonly BulkAnswer Taken = new([new LineAnswer(1, 202, "a", null, null)]);
    private static readonly BulkAnswer Unfinished = new([new LineAnswer(1, 202, "a", null, null), new LineAnswer(2, 503, "b", null, "away")]);

    [Fact]
    public void A_repeated_request_gets_the_first_answer()
    {
        var keys = new IdempotencyStore(2);
        Assert.Equal(IdempotencyState.New, keys.Begin("k", "p", out _));
        Assert.Equal(IdempotencyState.Running, keys.Begin("k", "p", out _));
        keys.End("k", Taken);
        Assert.Equal(IdempotencyState.Answered, keys.Begin("k", "p", out var answer));
        Assert.Same(Taken, answer);
    }

    [Fact]
    public void The_key_of_another_body_is_refused()
    {
        var keys = new IdempotencyStore(2);
        keys.Begin("k", "p", out _);
        Assert.Equal(IdempotencyState.OtherPayload, keys.Begin("k", "q", out _));
        keys.End("k", Taken);
        Assert.Equal(IdempotencyState.OtherPayload, keys.Begin("k", "q", out _));
    }

    [Fact]
    public void An_unfinished_request_goes_on_where_it_stopped()
    {
        var keys = new IdempotencyStore(2);
        keys.Begin("k", "p", out _);
        keys.End("k", Unfinished);
        Assert.Equal(IdempotencyState.New, keys.Begin("k", "p", out var before));
        Assert.Same(Unfinished, before);
        Assert.Equal(IdempotencyState.Running, keys.Begin("k", "p", out _));
    }

    [Fact]
    public void A_broken_request_may_be_made_again()
    {
        var keys = new IdempotencyStore(2);
        keys.Begin("k", "p", out _);
        keys.End("k", null);
        Assert.Equal(IdempotencyState.New, keys.Begin("k", "q", out var before));
        Assert.Null(before);
    }

    [Fact]
    public void The_oldest_key_is_forgotten_first()
    {
        var keys = new IdempotencyStore(2);
        foreach (var key in (string[])["a", "b", "c"])
        {
            keys.Begin(key, "p", out _);
            keys.End(key, Taken);
        }

        Assert.Equal(IdempotencyState.Answered, keys.Begin("b", "p", out _));
        Assert.Equal(IdempotencyState.Answered, keys.Begin("c", "p", out _));
        Assert.Equal(IdempotencyState.New, keys.Begin("a", "p", out _));
    }

    [Fact]
    public void Derived_ids_follow_from_key_and_line_alone()
    {
        Assert.Equal(DescriptionIds.Derive("k", 1), DescriptionIds.Derive("k", 1));
        Assert.Equal(6, new[] { ("k", 0), ("k", 1), ("k", 2), ("l", 1), ("k1", 1), ("1k", 1) }.Select(i => DescriptionIds.Derive(i.Item1, i.Item2)).Distinct().Count());
        Assert.Null(DescriptionIds.Check("description_id", DescriptionIds.Derive("any key at all\n", 7)));
    }
}
