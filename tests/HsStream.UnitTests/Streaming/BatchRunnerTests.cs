using System.Text;
using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Tracing;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>Batches that fail: who is found guilty, with how many calls, and what comes out.</summary>
public sealed class BatchRunnerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_without_poison_is_handled_once()
    {
        var handler = new Handler([]);

        var outputs = await RunAsync(handler, 100);

        Assert.Equal(1, handler.Calls);
        Assert.Equal(Enumerable.Range(0, 100), Values(outputs));
        Assert.Empty(outputs.DeadLetters);
    }

    [Fact]
    public void Every_poison_record_is_found_and_only_they() => Gen.Select(Gen.Int[1, 300], Gen.Int[0, 299].Array[0, 6]).Sample(
        (count, poison) =>
        {
            var guilty = poison.Where(n => n < count).Distinct().Order().ToArray();
            var handler = new Handler(guilty);
            var outputs = RunAsync(handler, count).GetAwaiter().GetResult();
            Assert.Equal(guilty, outputs.DeadLetters.Select(one => (int)one.Record.Position.Offset));
            // Nothing twice, nothing missing, everything in its order.
            Assert.Equal(Enumerable.Range(0, count).Except(guilty), Values(outputs));
            // Two calls at most for each halving on the way to each poison record, and the first.
            Assert.InRange(handler.Calls, 1, 1 + (guilty.Length * 2 * (int)Math.Ceiling(Math.Log2(Math.Max(2, count)))));
        },
        iter: 300);

    [Fact]
    public async Task One_poison_record_among_512_costs_a_logarithm_of_calls()
    {
        foreach (var at in new[] { 0, 255, 511 })
        {
            var handler = new Handler([at]);
            await RunAsync(handler, 512);
            Assert.InRange(handler.Calls, 10, 19);
        }
    }

    [Fact]
    public async Task A_record_that_the_handler_names_is_not_searched_for()
    {
        var handler = new Handler([41]) { Throw = record => new RecordException(DeadLetterReasons.InvalidField, "text: expected x, got y", record.Position) };

        var outputs = await RunAsync(handler, 100);

        Assert.Equal(2, handler.Calls);
        var (record, reason) = Assert.Single(outputs.DeadLetters);
        Assert.Equal((41, DeadLetterReasons.InvalidField), (record.Position.Offset, reason));
        Assert.Equal(Enumerable.Range(0, 100).Where(n => n != 41), Values(outputs));
    }

    [Fact]
    public async Task What_may_pass_is_never_a_dead_letter()
    {
        var failures = 5;
        var handler = new Handler([3]) { Throw = _ => failures-- > 0 ? new TransientException("away") : null };

        var outputs = await RunAsync(handler, 10);

        Assert.Empty(outputs.DeadLetters);
        Assert.Equal(6, handler.Calls);
        Assert.Equal(Enumerable.Range(0, 10), Values(outputs));
    }

    [Fact]
    public async Task Cancellation_ends_the_search_and_the_waiting()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var handler = new Handler([3]) { Throw = _ => { cancel.Cancel(); return new TransientException("away"); } };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(handler, 10, cancel.Token));
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_not_handled_at_all()
    {
        var handler = new Handler([]);
        var runner = new BatchRunner(Options(), handler, NewMetrics(), NullLogger.Instance, TimeProvider.System);
        var large = new InputRecord(new RecordPosition("in", 0, 0), null, new byte[Options().MaxRecordBytes + 1], null, DateTimeOffset.UnixEpoch);

        var outputs = await runner.RunAsync([large, Record(1)], Cancel);

        Assert.Equal(DeadLetterReasons.OversizeRecord, Assert.Single(outputs.DeadLetters).Reason);
        Assert.Equal([1], Values(outputs));
        Assert.Same(large.Value, outputs.Records[0].Value);
    }

    [Fact]
    public async Task An_output_that_is_too_large_is_its_cause_s_fault()
    {
        var handler = new Handler([]) { OutputBytes = record => record.Position.Offset == 2 ? Options().MaxOutputBytes + 1 : 1 };

        var outputs = await RunAsync(handler, 4);

        var (record, reason) = Assert.Single(outputs.DeadLetters);
        Assert.Equal((2, DeadLetterReasons.OversizeRecord), (record.Position.Offset, reason));
        Assert.Equal(2, handler.Calls);
    }

    [Fact]
    public async Task A_dead_letter_carries_the_original_and_why()
    {
        var handler = new Handler([0]);
        var runner = new BatchRunner(Options(), handler, NewMetrics(), NullLogger.Instance, TimeProvider.System);
        var headers = new Confluent.Kafka.Headers { { "theirs", [1, 2] }, { RecordHeaders.Id, "their-id"u8.ToArray() } };
        var original = new InputRecord(new RecordPosition("in", 4, 0), "key"u8.ToArray(), [9, 8, 7], headers, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123));

        var record = Assert.Single((await runner.RunAsync([original], Cancel)).Records);

        var letter = DeadLetterRecord.Read(new InputRecord(new RecordPosition("dead", 0, 0), record.Key, record.Value, record.Headers, DateTimeOffset.UnixEpoch));
        Assert.Equal((original.Position, DeadLetterReasons.ScoringFailed, "scorer", original.Timestamp), (letter.Origin, letter.Reason, letter.Stage, letter.OriginTimestamp));
        Assert.Equal([9, 8, 7], letter.Value);
        Assert.Equal("their-id", RecordHeaders.Text(record.Headers, RecordHeaders.Id));
        Assert.NotNull(RecordHeaders.TraceParent(record.Headers));
        var revived = DeadLetterRecord.Revive(new InputRecord(new RecordPosition("dead", 0, 0), record.Key, record.Value, record.Headers, DateTimeOffset.UnixEpoch));
        Assert.Equal(("in", "key"), (revived.Topic, Encoding.UTF8.GetString(revived.Key!)));
        Assert.True(revived.Headers.TryGetLastBytes("theirs", out _));
        Assert.DoesNotContain(revived.Headers, header => header.Key.StartsWith("hs_", StringComparison.Ordinal));
    }

    private static async Task<BatchOutputs> RunAsync(Handler handler, int count, CancellationToken? cancel = null) =>
        await new BatchRunner(Options(), handler, NewMetrics(), NullLogger.Instance, TimeProvider.System).RunAsync([.. Enumerable.Range(0, count).Select(Record)], cancel ?? Cancel);

    private static ProcessorOptions Options() => new()
    {
        Stage = "scorer", GroupId = "g", TransactionalId = "t", InputTopics = ["in"], Backoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(2), MaxOutputBytes = 10_000, MaxRecordBytes = 10_000,
    };

    private static StreamingMetrics NewMetrics() => new(Metrics.WithCustomRegistry(Metrics.NewCustomRegistry()));

    private static InputRecord Record(int n) => new(new RecordPosition("in", 0, n), null, [(byte)n], null, DateTimeOffset.UnixEpoch);

    private static IEnumerable<int> Values(BatchOutputs outputs) =>
        outputs.Records.Where(record => record.Topic == "out").Select(record => int.Parse(Encoding.UTF8.GetString(record.Key!), System.Globalization.CultureInfo.InvariantCulture));

    private sealed class Handler(int[] poison) : IRecordHandler
    {
        public int Calls { get; private set; }

        public Func<InputRecord, Exception?> Throw { get; init; } = _ => new InvalidOperationException("poison");

        public Func<InputRecord, int> OutputBytes { get; init; } = _ => 1;

        public Task HandleAsync(IReadOnlyList<InputRecord> batch, IOutputs outputs, CancellationToken cancellationToken)
        {
            Calls++;
            foreach (var record in batch)
            {
                if (poison.Contains((int)record.Position.Offset) && Throw(record) is { } failure) { throw failure; }
                outputs.Produce(new OutputRecord("out", Encoding.UTF8.GetBytes($"{record.Position.Offset}"), new byte[OutputBytes(record)], []), record);
            }

            return Task.CompletedTask;
        }
    }
}
