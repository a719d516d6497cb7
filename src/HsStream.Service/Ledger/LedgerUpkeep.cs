using HsStream.Service.Configuration;
using HsStream.Store;
using Prometheus;

namespace HsStream.Service.Ledger;

/// <summary>What the ledger needs beside its appends: projections that follow, and a check that they did.</summary>
internal sealed class LedgerUpkeep(
    LedgerStore ledger, LedgerSetup setup, RecorderOptions options, IMetricFactory metrics, ILogger<LedgerUpkeep> logger, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Gauge _unanswered = metrics.CreateGauge("hsstream_ledger_unanswered_descriptions", "Old descriptions without prediction or dead letter, at the last check.");
    private readonly Gauge _gaps = metrics.CreateGauge("hsstream_ledger_offset_gaps", "Places where recorded offsets do not join, at the last check.");

    /// <summary>Runs the projections while this process leads.</summary>
    public Task ProjectAsync(CancellationToken cancellationToken) => RepeatAsync("Projecting", ledger.Projections.RunAsync, TimeSpan.Zero, cancellationToken);

    /// <summary>Compares what was derived with the events, from time to time, and rebuilds what differs.</summary>
    public Task ReconcileAsync(CancellationToken cancellationToken) => RepeatAsync("The check of the ledger", CheckAsync, options.ReconcileInterval, cancellationToken);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var (report, isRepaired) = await ledger.Reconciliation.RepairAsync(options.UnansweredAfter, cancellationToken);
        _unanswered.Set(report.Unanswered);
        _gaps.Set(report.OffsetGaps.Count);
        if (!report.IsClean) { logger.LedgerDisagrees(report.Unanswered, report.OffsetGaps.Count, isRepaired); }
    }

    private async Task RepeatAsync(string what, Func<CancellationToken, Task> work, TimeSpan before, CancellationToken cancellationToken)
    {
        await setup.Ready.WaitAsync(cancellationToken);
        while (true)
        {
            await Task.Delay(before, time, cancellationToken);
            try
            {
                await work(cancellationToken);
            }
#pragma warning disable CA1031 // Recording goes on without projections; a daemon's failure must not end it.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.UpkeepStopped(what, Pause, e.GetType().Name);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
