using System.Globalization;
using System.Text;
using HsStream.Domain.Messages;
using HsStream.IntegrationTests.Broker;
using HsStream.Streaming;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Tracing;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>Handlers that fail, for a while or for good, and shutdown in the middle of it.</summary>
public sealed class HandlerFailureTests(KafkaFixture fixture)
{
    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task The_record_that_fails_a_batch_goes_to_the_dead_letters_alone(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await scope.ProduceAsync(64);
        var handler = new CopyHandler(scope.Output) { Before = (batch, _) => batch.Any(record => Number(record) == 37) ? throw new InvalidOperationException("a secret text") : Task.CompletedTask };
        await using var processor = scope.Start(handler, scope.Options(configure: options => (options.MaxBatchRecords, options.MaxBatchWait) = (64, TimeSpan.FromSeconds(5))));

        var copied = await scope.ReadAsync(scope.Output, 63);
        var dead = Assert.Single(await scope.ReadAsync(scope.DeadLetters, 1));

        Assert.Equal(Enumerable.Range(0, 64).Where(n => n != 37), copied.Select(record => int.Parse(record.Message.Value!, CultureInfo.InvariantCulture)));
        Assert.Equal(("k2", "37"), (dead.Message.Key, dead.Message.Value));
        Assert.Equal(DeadLetterReasons.ScoringFailed, RecordHeaders.Text(dead.Message.Headers, DeadLetterRecord.Reason));
        Assert.Equal($"{scope.Input} 37", $"{RecordHeaders.Text(dead.Message.Headers, DeadLetterRecord.OriginTopic)} {RecordHeaders.Text(dead.Message.Headers, DeadLetterRecord.OriginOffset)}");
        Assert.Equal("scorer", RecordHeaders.Text(dead.Message.Headers, DeadLetterRecord.Stage));
        Assert.NotNull(RecordHeaders.TraceParent(dead.Message.Headers));
        // One call for the whole, and two for each halving of 64.
        Assert.InRange(handler.Batches.Count, 7, 13);
        Assert.Equal(0, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
        Assert.Equal(1, scope.Counted("hsstream_processor_dead_letters_total", ("reason", DeadLetterReasons.ScoringFailed)));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task What_may_pass_is_tried_until_it_does(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await scope.ProduceAsync(100);
        var calls = 0;
        var handler = new CopyHandler(scope.Output) { Before = (_, _) => Interlocked.Increment(ref calls) <= 4 ? throw new TransientException("The model is not here yet.") : Task.CompletedTask };
        await using var processor = scope.Start(handler, scope.Options(configure: options => options.Backoff = TimeSpan.FromMilliseconds(20)));

        await scope.AssertExactlyOnceAsync(100);

        Assert.Empty(scope.Kafka.ReadAll(scope.DeadLetters));
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Shutdown_finishes_the_batch_in_hand_and_leaves_the_rest_to_the_next(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await scope.ProduceAsync(200);
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var handler = new CopyHandler(scope.Output)
        {
            Before = (_, _) =>
            {
                reached.TrySetResult();
                return go.Task;
            },
        };
        await using var processor = scope.Start(handler, scope.Options(configure: options => options.MaxBatchRecords = 20));
        await reached.Task.WaitAsync(KafkaScope.Limit, scope.Kafka.Token);

        processor.Stop();
        go.SetResult();
        await processor.EndAsync();

        var committed = scope.Kafka.ReadAll(scope.Output);
        Assert.Equal(handler.Batches.Sum(), committed.Count);
        Assert.InRange(committed.Count, 1, 40);
        await using var next = scope.Start(scope.Copy());
        await scope.AssertExactlyOnceAsync(200);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Shutdown_does_not_wait_for_ever_and_loses_nothing_by_it(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        await scope.ProduceAsync(50);
        var reached = new TaskCompletionSource();
        var handler = new CopyHandler(scope.Output)
        {
            Before = (_, token) =>
            {
                reached.TrySetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
        };
        await using var processor = scope.Start(handler, scope.Options(configure: options => options.DrainTimeout = TimeSpan.FromSeconds(1)));
        await reached.Task.WaitAsync(KafkaScope.Limit, scope.Kafka.Token);

        processor.Stop();
        await processor.EndAsync();

        await using var next = scope.Start(scope.Copy());
        await scope.AssertExactlyOnceAsync(50);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Outputs_continue_the_trace_of_their_input(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        const string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        using (var producer = scope.Kafka.NewProducer())
        {
            await producer.ProduceAsync(
                scope.Input,
                new() { Key = "k", Value = "0", Headers = new() { { RecordHeaders.TraceParentName, Encoding.ASCII.GetBytes(parent) } } }, scope.Kafka.Token);
        }

        await using var processor = scope.Start(scope.Copy());

        var copy = Assert.Single(await scope.ReadAsync(scope.Output, 1));
        var child = RecordHeaders.TraceParent(copy.Message.Headers);
        Assert.NotEqual(parent, child);
        Assert.Equal(parent[..36], child![..36]);
        Assert.Equal(parent[^3..], child[^3..]);
    }

    private static int Number(InputRecord record) => int.Parse(record.Value, CultureInfo.InvariantCulture);
}
