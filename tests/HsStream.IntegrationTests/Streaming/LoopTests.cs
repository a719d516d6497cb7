using HsStream.IntegrationTests.Broker;
using HsStream.Streaming.Processing;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>The loop at work, and what a crash at each of its steps leaves behind.</summary>
public sealed class LoopTests(KafkaFixture fixture)
{
    public static TheoryData<string, int> CrashSteps { get; } = Crashes();

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Every_record_comes_out_once_and_in_order(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 3);
        await scope.ProduceAsync(500);
        var handler = scope.Copy();
        await using var processor = scope.Start(handler);
        await scope.ProduceAsync(500, first: 500);

        await scope.AssertExactlyOnceAsync(1000);

        processor.Stop();
        await processor.EndAsync();
        Assert.Equal(1000, scope.Counted("hsstream_processor_records_total"));
        Assert.Equal(1000, scope.Counted("hsstream_processor_outputs_total"));
        Assert.Equal(0, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
        Assert.True(handler.Batches.Max() > 1, "No batch had more than one record.");
    }

    [Theory]
    [MemberData(nameof(CrashSteps))]
    public async Task A_crash_at_any_step_neither_loses_nor_doubles(string target, int stepNumber)
    {
        var step = (LoopStep)stepNumber;
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 2);
        await scope.ProduceAsync(300);
        foreach (var occurrence in new[] { 1, 3 })
        {
            var seen = 0;
            await using var crashing = scope.Start(
                scope.Copy(), scope.Options(configure: options => options.MaxTransactionRecords = options.MaxBatchRecords = 20),
                at => { if (at == step && ++seen == occurrence) { throw new CrashException(); } });
            await Assert.ThrowsAsync<CrashException>(crashing.EndAsync);
        }

        await using var survivor = scope.Start(scope.Copy());

        await scope.AssertExactlyOnceAsync(300);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task What_an_abort_undoes_is_read_and_done_again(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 3);
        await scope.ProduceAsync(600);
        var seen = 0;
        await using var processor = scope.Start(
            scope.Copy(), scope.Options(configure: options => options.MaxTransactionRecords = options.MaxBatchRecords = 30),
            at => { if (at == LoopStep.OffsetsSent && ++seen is 1 or 3 or 4) { throw new TransactionAbortException("the test says so"); } });

        await scope.AssertExactlyOnceAsync(600);

        Assert.Equal(3, scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")));
        Assert.Equal(600, scope.Counted("hsstream_processor_records_total"));
    }

    private static TheoryData<string, int> Crashes()
    {
        var rows = new TheoryData<string, int>();
        foreach (var target in KafkaFixture.Targets)
        {
            foreach (var step in Enum.GetValues<LoopStep>().Where(step => step != LoopStep.Aborted)) { rows.Add(target.Data, (int)step); }
        }

        return rows;
    }

    private sealed class CrashException : Exception;
}
