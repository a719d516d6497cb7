using HsStream.IntegrationTests.Broker;
using HsStream.Streaming.Processing;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>Instances that come, go, stall and are taken for dead.</summary>
public sealed class RebalanceTests(KafkaFixture fixture)
{
    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Instances_come_and_go_in_mid_stream_and_every_record_comes_out_once(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 6);
        const int total = 3_000;
        var producing = Task.Run(
            async () =>
            {
                for (var first = 0; first < total; first += 200) { await scope.ProduceAsync(200, keys: 40, first: first); }
            },
            scope.Kafka.Token);
        await using var steady = scope.Start(Slowed(scope), scope.Options("a"));
        await KafkaScope.WaitForAsync(() => scope.Counted("hsstream_processor_records_total") > 100, "the first instance to work");
        await using (var second = scope.Start(Slowed(scope), scope.Options("b")))
        {
            var before = scope.Counted("hsstream_processor_records_total");
            await KafkaScope.WaitForAsync(() => second.IsReady && scope.Counted("hsstream_processor_records_total") > before + 200, "both instances to work");
            second.Stop();
            await second.EndAsync();
        }

        await using var third = scope.Start(Slowed(scope), scope.Options("c"));
        await producing;

        await scope.AssertExactlyOnceAsync(total);
        Assert.False(steady.Task.IsCompleted);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task What_is_in_hand_when_partitions_go_is_committed_before_they_go(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 2);
        await scope.ProduceAsync(200);
        var first = new CopyHandler(scope.Output) { Before = (_, token) => Task.Delay(TimeSpan.FromMilliseconds(300), token) };
        var options = scope.Options("a", one => one.MaxBatchRecords = 20);
        await using var leaving = scope.Start(first, options);
        await KafkaScope.WaitForAsync(() => !first.Batches.IsEmpty, "the first batch");
        await using var joining = scope.Start(scope.Copy(), scope.Options("b"));

        await scope.AssertExactlyOnceAsync(200);

        Assert.Equal(0, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
        Assert.Equal(200, scope.Counted("hsstream_processor_records_total"));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task An_instance_that_was_replaced_is_fenced_and_ends(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await scope.ProduceAsync(100);
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var stalled = new CopyHandler(scope.Output)
        {
            Before = (_, _) =>
            {
                reached.TrySetResult();
                return go.Task;
            },
        };
        await using var zombie = scope.Start(stalled);
        await reached.Task.WaitAsync(KafkaScope.Limit, scope.Kafka.Token);
        // The same transactional id, as after a restart elsewhere.
        await using var heir = scope.Start(scope.Copy());
        await KafkaScope.WaitForAsync(() => heir.IsReady, "the heir to join");

        go.SetResult();

        await Assert.ThrowsAsync<ProcessorFatalException>(zombie.EndAsync);
        await scope.AssertExactlyOnceAsync(100);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_slow_handler_costs_neither_the_membership_nor_the_work(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 2);
        // Longer than the client may go without polling, and than the group goes without a heartbeat.
        scope.Settings.ClientProperties["max.poll.interval.ms"] = "6000";
        await scope.ProduceAsync(300);
        var slow = 0;
        var handler = new CopyHandler(scope.Output) { Before = (_, token) => Interlocked.Exchange(ref slow, 1) == 0 ? Task.Delay(TimeSpan.FromSeconds(8), token) : Task.CompletedTask };
        await using var processor = scope.Start(handler, scope.Options(configure: options => options.MaxQueuedRecords = 100));

        await scope.AssertExactlyOnceAsync(300);

        Assert.Equal(0, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
        Assert.Equal(300, handler.Batches.Sum());
    }

    private static CopyHandler Slowed(StreamingScope scope) => new(scope.Output) { Before = (_, token) => Task.Delay(TimeSpan.FromMilliseconds(20), token) };
}
