using HsStream.Domain.Ledger;
using HsStream.UnitTests.Ledger;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>Do the read models follow the events, in one process, and is it noticed when they do not?</summary>
public sealed class ProjectionTests(StorePostgres postgres)
{
    [Fact]
    public async Task One_of_two_processes_runs_the_daemon_and_the_other_takes_over()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await using var first = ledger.OpenAnother(TimeProvider.System);
        await using var second = ledger.OpenAnother(TimeProvider.System);
        await ServeAsync(ledger, TestFacts.ModelA);
        using var stopFirst = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var stopSecond = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var runs = (First: first.Projections.RunAsync(stopFirst.Token), Second: Task.CompletedTask);
        await TimelineAsync(ledger, TestFacts.ModelA);
        runs.Second = second.Projections.RunAsync(stopSecond.Token);
        Assert.True(first.Projections.IsLeading);
        Assert.False(await second.Projections.RebuildAsync(Stop));
        await stopFirst.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runs.First);
        await UntilAsync(() => second.Projections.IsLeading, "the second process leads");
        await ServeAsync(ledger, TestFacts.ModelB);
        await TimelineAsync(ledger, TestFacts.ModelB);
        await stopSecond.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runs.Second);
    }

    [Fact]
    public async Task An_event_that_the_daemon_skipped_is_noticed_and_repaired()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ServeAsync(ledger, TestFacts.ModelA);
        Assert.False((await ledger.Store.Reconciliation.CheckAsync(TimeSpan.Zero, Stop)).TimelineDiffers);

        // The daemon believes that it has read everything so far.
        await ledger.SqlAsync("""
            insert into ledger.mt_event_progression (name, last_seq_id) values ('ServingTimeline:All', 2), ('HighWaterMark', 2)
            on conflict (name) do update set last_seq_id = 2
            """);
        await using var process = ledger.OpenAnother(TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var run = process.Projections.RunAsync(stop.Token);
        await ServeAsync(ledger, TestFacts.ModelB);
        await TimelineAsync(ledger, TestFacts.ModelB);
        Assert.True((await process.Reconciliation.CheckAsync(TimeSpan.Zero, Stop)).TimelineDiffers);

        var (report, isRepaired) = await process.Reconciliation.RepairAsync(TimeSpan.Zero, Stop);
        Assert.True(report.TimelineDiffers && isRepaired);
        Assert.False((await process.Reconciliation.CheckAsync(TimeSpan.Zero, Stop)).TimelineDiffers);
        var periods = (await process.Projections.ServingTimelineAsync(Stop))!.Periods;
        Assert.Equal([TestFacts.ModelA, TestFacts.ModelB], periods.Select(p => p.Version));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Descriptions_without_an_answer_and_gaps_in_the_offsets_are_listed()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(
            new Fact.Described(TestFacts.Description("answered")), new Fact.Described(TestFacts.Description("dead")), new Fact.Described(TestFacts.Description("waiting")),
            new Fact.Predicted(TestFacts.Prediction("answered")), new Fact.Predicted(TestFacts.Prediction("waiting", "ANOTHER TEXT")),
            new Fact.DeadLettered(TestFacts.Letter(1, "dead")));
        Assert.Equal(0, (await ledger.Store.Reconciliation.CheckAsync(TimeSpan.FromHours(1), Stop)).Unanswered);
        ledger.Clock.Advance(TimeSpan.FromHours(2));
        var report = await ledger.Store.Reconciliation.CheckAsync(TimeSpan.FromHours(1), Stop);
        Assert.Equal(["waiting"], report.UnansweredIds);
        Assert.Empty(report.OffsetGaps);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("answered")));
        await ledger.SqlAsync("update ledger.ledger_seals set advances = 'hs.descriptions/0 7 9' where number = 2");
        Assert.Single((await ledger.Store.Reconciliation.CheckAsync(TimeSpan.FromHours(1), Stop)).OffsetGaps);
    }

    [Fact]
    public async Task The_lead_ends_with_its_connection()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await using var process = ledger.OpenAnother(TimeProvider.System);
        var leads = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var run = process.Election.RunAsync("test", async token =>
        {
            Interlocked.Increment(ref leads);
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        }, stop.Token);
        await UntilAsync(() => Volatile.Read(ref leads) == 1, "the lead is taken");
        await ledger.SqlAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hsstream-leader' and datname = current_database()");
        await UntilAsync(() => Volatile.Read(ref leads) == 2, "the lead is lost and taken again");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private static async Task ServeAsync(LedgerScope ledger, string version)
    {
        await ledger.Store.Models.RegisterAsync(TestFacts.Facts(version), TestFacts.Mandate, Stop);
        await ledger.Store.Models.PromoteAsync(version, TestFacts.Mandate, Stop);
    }

    private static async Task TimelineAsync(LedgerScope ledger, string version)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        while ((await ledger.Store.Projections.ServingTimelineAsync(Stop))?.Periods is not [.., { } last] || last.Version != version)
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within 60 seconds: the timeline ends with {version}");
            await Task.Delay(50, Stop);
        }
    }
}
