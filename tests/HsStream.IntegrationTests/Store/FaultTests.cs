using System.Diagnostics;
using HsStream.Domain.Ledger;
using HsStream.Store.Verification;
using HsStream.Store.Writing;
using HsStream.UnitTests.Ledger;
using Npgsql;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>Is everything recorded exactly once, whatever breaks in between?</summary>
public sealed class FaultTests(StorePostgres postgres)
{
    public static TheoryData<LedgerStepName> Steps => [.. Enum.GetValues<LedgerStepName>()];

    /// <summary>The writer's steps under a public name.</summary>
    public enum LedgerStepName
    {
        Begun,
        Locked,
        Decided,
        Written,
        Committed,
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_connection_cut_between_any_two_steps_loses_and_doubles_nothing(LedgerStepName at)
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-0")));
        var cuts = 0;
        ledger.Store.Writer.AtStep = async (step, connection) =>
        {
            if (step.ToString() != at.ToString() || Interlocked.Increment(ref cuts) > 2) { return; }
            await using var killer = new NpgsqlConnection(ledger.ConnectionString + ";Pooling=false");
            await killer.OpenAsync(Stop);
            await using var kill = new NpgsqlCommand($"select pg_terminate_backend({connection.ProcessID}, 5000)", killer);
            await kill.ExecuteNonQueryAsync(Stop);
        };
        var receipt = await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")), new Fact.Predicted(TestFacts.Prediction("d-1")));
        Assert.Equal([new FactOutcome.Recorded(2, false), new FactOutcome.Recorded(3, false)], receipt.Outcomes);
        await AssertWholeAsync(ledger, 3);
        Assert.Equal(at == LedgerStepName.Committed ? 0 : 2, await ledger.MetricAsync("hsstream_ledger_retries_total"));
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_recognised()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        var seen = 0;
        ledger.Store.Writer.AtStep = (step, _) => step == LedgerStep.Committed && seen++ == 0
            ? throw new NpgsqlException("The answer to the commit was lost.", new IOException()) : Task.CompletedTask;
        var receipt = await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")));
        Assert.Equal(1, receipt.Seal.Number);
        await AssertWholeAsync(ledger, 1);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")), new Fact.Described(TestFacts.Description("d-2")));
        await AssertWholeAsync(ledger, 2);
    }

    [Fact]
    public async Task A_server_killed_in_the_middle_of_appends_stops_progress_and_nothing_else()
    {
        using var directory = new TemporaryDirectory();
        var server = await StartAsync(directory.Path);
        try
        {
            var port = new NpgsqlConnectionStringBuilder(server.ConnectionString).Port;
            var clock = TimeProvider.System;
            await using (var store = LedgerScope.Open(server.ConnectionString, clock, Prometheus.Metrics.NewCustomRegistry())) { await store.Schema.EnsureAsync(Stop); }
            await using var ledger = LedgerScope.Open(server.ConnectionString);
            var written = 0;
            var appending = Task.Run(async () =>
            {
                for (var i = 0; i < 60; i++)
                {
                    var receipt = await ledger.AppendAsync(Enumerable.Range(i * 20, 20).Select(n => new Fact.Described(TestFacts.Description($"d-{n}"))));
                    Assert.All(receipt.Outcomes, o => Assert.IsType<FactOutcome.Recorded>(o));
                    Volatile.Write(ref written, i + 1);
                }
            }, Stop);
            foreach (var round in (int[])[10, 25])
            {
                await UntilAsync(() => Volatile.Read(ref written) >= round || appending.IsCompleted, $"{round} batches");
                using (var postmaster = Process.GetProcessById(PostmasterOf(server.DataDirectory))) { postmaster.Kill(); }
                await server.DisposeAsync();
                server = await StartAsync(directory.Path, port);
            }

            await appending.WaitAsync(TimeSpan.FromSeconds(60), Stop);
            await AssertWholeAsync(ledger, 1200);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Something_else_written_into_the_tables_stops_the_writer_with_a_clear_word()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")));
        await ledger.SqlAsync(
            "insert into ledger.mt_events (seq_id, id, stream_id, version, data, type) select 2, gen_random_uuid(), stream_id, 2, data, type from ledger.mt_events");
        await Assert.ThrowsAsync<HsStream.Store.LedgerTamperedException>(() => ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-2"))));
    }

    [Fact]
    public async Task A_cancelled_append_leaves_nothing_behind()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        ledger.Store.Writer.AtStep = (step, _) => step == LedgerStep.Decided ? stop.CancelAsync() : Task.CompletedTask;
        var batch = ledger.NextBatch(new Fact.Described(TestFacts.Description("d-1")));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ledger.Store.Writer.AppendAsync(batch, stop.Token));
        ledger.Store.Writer.AtStep = null;
        Assert.Equal(1, (await ledger.Store.Writer.AppendAsync(batch, Stop)).LastSequence);
        await AssertWholeAsync(ledger, 1);
    }

    private static async Task AssertWholeAsync(LedgerScope ledger, long events)
    {
        var report = await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop);
        Assert.Empty(report.Findings);
        Assert.Equal(events, report.Events);
        Assert.Equal(events, await ledger.SqlAsync("select count(distinct (stream_id, version)) from ledger.mt_events"));
    }
}
