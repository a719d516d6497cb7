using System.Diagnostics;
using System.Globalization;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Messages;

namespace HsStream.Chaos.Pipeline.Faults;

/// <summary>Publishes descriptions in as many parts as there are rounds, lets a fault strike during each, and checks everything at the end.</summary>
internal sealed class FaultRun(PipelineRig rig, FaultRunOptions options, TextWriter output)
{
    private readonly List<string> _stalls = [];

    public async Task<CheckReport> RunAsync(CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        var faults = options.Faults.Where(fault => fault.Needs(rig)).ToList();
        var strikes = new Dictionary<string, int>();
        var clock = Stopwatch.StartNew();
        using var registry = new AvroRecords(rig.RegistryUrl);
        var encoding = await DescriptionEncoding.RegisterAsync(registry, Topics.Descriptions, cancellationToken);
        using var producer = new DescriptionProducer(rig.Bootstrap, Topics.Descriptions);
        var load = new LoadPlan(encoding, options.Seed, $"s{options.Seed}-", options.PoisonShare).Records(options.Records).Chunk(Math.Max(1, options.Records / Math.Max(1, options.Rounds)));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}: {options.Records:N0} descriptions, {options.Rounds} rounds of {string.Join(", ", faults.Select(f => f.Name))}"));
        var round = 0;
        foreach (var part in load)
        {
            var sending = producer.SendAsync(part, 0, cancellationToken);
            if (++round <= options.Rounds)
            {
                await Task.Delay(random.Next(700), cancellationToken);
                await StrikeAsync(faults, round, random, strikes, cancellationToken);
            }

            await sending;
            await GoesOnAsync(round, cancellationToken);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}/{options.Rounds}, {clock.Elapsed:hh\\:mm\\:ss}: {producer.Acknowledged:N0} published; own ends: {string.Join(" ", rig.Roles.Select(r => $"{r.Name}={r.OwnEnds.Count}"))}"));
        }

        await DrainAsync(cancellationToken);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"drained after {clock.Elapsed:hh\\:mm\\:ss}; strikes: {string.Join(", ", strikes.Select(s => $"{s.Key} {s.Value}"))}"));
        var report = await new PipelineInspection(rig.Bootstrap, rig.RegistryUrl, rig.Postgres).RunAsync(isMarked: true, cancellationToken);
        report.Add("the pipeline goes on after a fault", options.Rounds, _stalls);
        output.WriteLine(report.ToString());
        return report;
    }

    private async Task StrikeAsync(List<Fault> faults, int round, Random random, Dictionary<string, int> strikes, CancellationToken cancellationToken)
    {
        if (options.KillCommand is { } command && random.Next(2) == 0)
        {
            using var shell = Process.Start("sh", ["-c", command]);
            await shell.WaitForExitAsync(cancellationToken);
            strikes["kill-command"] = strikes.GetValueOrDefault("kill-command") + 1;
            if (shell.ExitCode != 0) { _stalls.Add($"round {round}: the kill command ended with {shell.ExitCode}"); }
            return;
        }

        if (faults.Count == 0) { return; }
        // Each once before chance decides, so that a short run shows them all.
        var fault = round <= faults.Count ? faults[round - 1] : faults[random.Next(faults.Count)];
        strikes[fault.Name] = strikes.GetValueOrDefault(fault.Name) + 1;
        output.WriteLine($"round {round}: {fault.Name}");
        await fault.StrikeAsync(rig, random, cancellationToken);
    }

    /// <summary>Waits until scorers and ledger have both moved since now, or have nothing left to do.</summary>
    private async Task GoesOnAsync(int round, CancellationToken cancellationToken)
    {
        await using var progress = new PipelineProgress(rig);
        var before = await progress.ReadAsync(cancellationToken);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var now = await progress.ReadAsync(cancellationToken);
            if (now.IsDone || (now.Scored > before.Scored && now.Recorded > before.Recorded)) { return; }
            if (watch.Elapsed > options.RecoveryLimit)
            {
                _stalls.Add($"round {round}: {now} did not move from {before} in {options.RecoveryLimit}");
                output.WriteLine(_stalls[^1] + "\n" + rig.Logs());
                return;
            }

            await Task.Delay(PipelineProgress.Interval, cancellationToken);
        }
    }

    /// <summary>Waits until scorers and ledger have read everything; gives up when nothing moves any more.</summary>
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await using var progress = new PipelineProgress(rig);
        var (last, watch) = (await progress.ReadAsync(cancellationToken), Stopwatch.StartNew());
        while (!last.IsDone)
        {
            if (watch.Elapsed > options.RecoveryLimit)
            {
                _stalls.Add($"at the end: {last} for {options.RecoveryLimit}");
                output.WriteLine(_stalls[^1] + "\n" + rig.Logs());
                return;
            }

            await Task.Delay(PipelineProgress.Interval, cancellationToken);
            var now = await progress.ReadAsync(cancellationToken);
            if (now.Scored != last.Scored || now.Recorded != last.Recorded) { watch.Restart(); }
            last = now;
        }
    }
}
