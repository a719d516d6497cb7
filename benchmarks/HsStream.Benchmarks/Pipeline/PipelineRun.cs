using System.Diagnostics;
using System.Globalization;
using HsStream.Benchmarks.Broker;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>The measurements that need a broker, each on a rig of its own, so that none inherits another's backlog.</summary>
internal sealed class PipelineRun(string root, Bundle bundle, string? against, string? registryUrl, string? postgres, PipelineResults results)
{
    private const int Partitions = 6;
    private const int ColdStarts = 3;
    private static readonly int[] Rates = [100, 500, 2_000];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private int _rigs;

    public async Task RunAsync(IReadOnlyCollection<string> parts, int records, TimeSpan duration)
    {
        if (parts.Contains("cold")) { results.ColdStartMs = await ColdStartAsync(); }
        if (parts.Contains("at-least-once")) { results.AtLeastOnce = await AtLeastOnceAsync(records); }
        if (parts.Contains("exactly-once")) { results.ExactlyOnce = await ExactlyOnceAsync(records); }
        if (parts.Contains("whole") || parts.Contains("ledger")) { await WholeAsync(records); }
        if (parts.Contains("latency")) { await LatencyAsync(duration); }
    }

    private async Task<double> ColdStartAsync()
    {
        Say("cold start");
        await using var rig = await StartAsync(scorers: 1, ledgers: 0);
        var load = await LoadAsync(rig);
        var times = new List<double>();
        for (var n = 0; n < ColdStarts; n++)
        {
            var from = load.Ends();
            load.Fill($"cold-{n}-", 1);
            var watch = Stopwatch.StartNew();
            rig.Scorers[0].Start();
            load.Drain(from, 1, Patience);
            times.Add(watch.Elapsed.TotalMilliseconds);
            await rig.Scorers[0].StopAsync(Patience);
        }

        return times.Order().ElementAt(ColdStarts / 2);
    }

    private async Task<double> AtLeastOnceAsync(int records)
    {
        Say("at least once");
        await using var rig = await StartAsync(scorers: 0, ledgers: 0);
        var load = await LoadAsync(rig);
        load.Fill("a", records);
        var from = load.Ends();
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        await using var worker = new SupervisedProcess("at least once", [dotnet, typeof(PipelineRun).Assembly.Location, "at-least-once", "--bootstrap-servers", rig.Bootstrap, "--registry", rig.RegistryUrl.ToString(), "--bundle", bundle.Directory]);
        worker.Start();
        return Drain(load, from, records, worker.Name, () => worker.Log);
    }

    private async Task<double> ExactlyOnceAsync(int records)
    {
        Say("exactly once");
        await using var rig = await StartAsync(scorers: 1, ledgers: 0);
        var load = await LoadAsync(rig);
        load.Fill("e", records);
        var from = load.Ends();
        rig.StartRoles();
        return Drain(load, from, records, "exactly once", rig.Logs);
    }

    private async Task WholeAsync(int records)
    {
        Say("scorer and ledger");
        await using var rig = await StartAsync(scorers: 1, ledgers: 1);
        var load = await LoadAsync(rig);
        load.Fill("w", records);
        var from = load.Ends();
        rig.StartRoles();
        results.WholePipeline = Drain(load, from, records, "scorer and ledger", rig.Logs, share =>
            results.Memory.Add(new MemoryFigure(share, rig.Scorers[0].ResidentBytes / 1e6, rig.Ledgers[0].ResidentBytes / 1e6)));
        await LedgerFloor.CatchUpAsync(rig, Patience);
        results.Memory.Add(new MemoryFigure(1, rig.Scorers[0].ResidentBytes / 1e6, rig.Ledgers[0].ResidentBytes / 1e6));
        var role = await RoleAloneAsync(rig);
        Say("the ledger");
        results.Ledger = await LedgerFloor.MeasureAsync(rig, role);
    }

    /// <summary>Events a second of the ledger role by itself: it records the whole run again, into a schema of its own.</summary>
    private static async Task<double> RoleAloneAsync(PipelineRig rig)
    {
        Say("the ledger role alone");
        await rig.StopRolesAsync();
        await using var again = rig.Ledger("again", new Dictionary<string, string> { ["Ledger:Schema"] = "again", ["Recorder:GroupId"] = "hs.ledger-again" });
        again.Start();
        await using var reader = new LedgerReader(rig.Postgres, "again");
        var (first, firstAt, last, lastAt, clock) = (0L, TimeSpan.Zero, 0L, TimeSpan.Zero, Stopwatch.StartNew());
        while (clock.Elapsed - lastAt < TimeSpan.FromSeconds(10))
        {
            await Task.Delay(100);
            if (await reader.EventsAsync(CancellationToken.None) is not { } events || events == last) { continue; }
            (last, lastAt) = (events, clock.Elapsed);
            if (first == 0) { (first, firstAt) = (events, lastAt); }
        }

        return (last - first) / (lastAt - firstAt).TotalSeconds;
    }

    private async Task LatencyAsync(TimeSpan duration)
    {
        await using var rig = await StartAsync(scorers: 1, ledgers: 1);
        var load = await LoadAsync(rig);
        rig.StartRoles();
        var from = load.Ends();
        load.Fill("warm-", 5_000);
        load.Drain(from, 5_000, Patience);
        foreach (var rate in Rates)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"latency at {rate}/s"));
            var waits = load.AtRate($"l{rate}-", rate, duration);
            results.Latency.Add(new LatencyFigure(rate, waits.Length, Latency.Of(waits)));
        }
    }

    private async Task<PipelineRig> StartAsync(int scorers, int ledgers)
    {
        var rig = await PipelineRig.StartAsync(
            new RigOptions
            {
                DataDirectory = Directory.CreateDirectory(Path.Combine(root, $"rig-{_rigs++}")).FullName,
                ModelsDirectory = Path.GetDirectoryName(Path.GetFullPath(bundle.Directory))!,
                Against = against,
                RegistryUrl = registryUrl,
                PostgresConnection = postgres,
                Scorers = scorers,
                Ledgers = ledgers,
                Partitions = Partitions,
                SessionTimeout = TimeSpan.FromSeconds(45),
            },
            CancellationToken.None);
        using var registry = new AvroRecords(rig.RegistryUrl);
        await ModelAnnouncement.PublishAsync(rig.Bootstrap, registry, Topics.Models, bundle.Manifest, "CHAMPION", CancellationToken.None);
        return rig;
    }

    private static async Task<PipelineLoad> LoadAsync(PipelineRig rig)
    {
        using var registry = new AvroRecords(rig.RegistryUrl);
        return new PipelineLoad(rig.Bootstrap, await DescriptionEncoding.RegisterAsync(registry, Topics.Descriptions, CancellationToken.None), Partitions);
    }

    private static double Drain(PipelineLoad load, IReadOnlyList<Confluent.Kafka.TopicPartitionOffset> from, int records, string name, Func<string> log, Action<double>? sample = null)
    {
        var step = Math.Max(1, records / 10);
        try
        {
            return load.Drain(from, records, Patience, read =>
            {
                if (read % step != 0) { return; }
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: {read:N0} of {records:N0}"));
                sample?.Invoke((double)read / records);
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{log()}", e);
        }
    }

    private static void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measuring {what}"));
}
