using System.Globalization;
using Confluent.Kafka;
using HsStream.Chaos;
using HsStream.Chaos.Processes;
using HsStream.Chaos.Wire;

namespace HsStream.Benchmarks.Broker;

/// <summary>How close does the broker come to what the machine can do, and what does it cost to have it running?</summary>
internal static class BrokerBenchmark
{
    private const int Partitions = 4;
    private const int Clients = 20;
    private static readonly int[] RecordSizes = [100, 1_000, 10_000];

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--against", "--against-pid", "--seconds", "--out");
            if (options.Plain.Count > 0) { throw new FormatException($"broker takes no '{options.Plain[0]}'."); }
            if (options.Text("--against") is { } address) { HostPort.Parse(address); }
            var duration = TimeSpan.FromSeconds(options.Number("--seconds", 8));
            var root = Directory.CreateTempSubdirectory("hsstream-bench-");
            try
            {
                var brokers = new List<Results>();
                var (durable, cached) = (await FloorAsync(root.FullName, isDurable: true, duration), await FloorAsync(root.FullName, isDurable: false, duration));
                brokers.Add(await OwnAsync(Report.Durable, "fsync", root.FullName, duration));
                brokers.Add(await OwnAsync(Report.PageCache, "page-cache", root.FullName, duration));
                if (options.Text("--against") is { } against)
                {
                    int? id = options.Text("--against-pid") is null ? null : options.Number("--against-pid", 0);
                    brokers.Add(await MeasureAsync(new Target(against, against, id, IsDurable: false), new Results { Broker = against }, duration));
                }

                var run = new RunResults(Machine.Describe(root.FullName, TimeProvider.System), durable, cached, brokers);
                Report.Write(run, options.Text("--out") ?? Path.Combine("benchmarks", "results"));
                Console.WriteLine(Report.Page(run));
                return 0;
            }
            finally
            {
                root.Delete(recursive: true);
            }
        }
        catch (Exception e) when (e is FormatException or KafkaException or TimeoutException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static async Task<FloorResults> FloorAsync(string directory, bool isDurable, TimeSpan duration)
    {
        Say(isDurable ? "floor with fsync" : "floor of the page cache");
        return new FloorResults(
            Floors.FileWrite(directory, isDurable, duration), await Floors.LoopbackCopyAsync(duration / 2), Floors.SmallFlush(directory, isDurable, 2_000),
            await Floors.LoopbackRoundTripAsync(5_000));
    }

    private static async Task<Results> OwnAsync(string name, string durability, string root, TimeSpan duration)
    {
        var options = new BrokerProcessOptions { Durability = durability };
        var directory = Path.Combine(root, durability);
        var results = new Results { Broker = name, StartEmptyMs = await StartAsync(() => Directory.CreateTempSubdirectory("hsstream-start-").FullName, options, keep: false) };
        await using (var broker = await BrokerProcess.StartAsync(directory, 0, options, CancellationToken.None))
        {
            // Idle is measured before any load, when the start's own work is over.
            await Task.Delay(TimeSpan.FromSeconds(3));
            results.IdleMegabytes = broker.ResidentBytes / 1e6;
            var before = broker.ProcessorTime;
            await Task.Delay(TimeSpan.FromSeconds(10));
            results.IdleProcessorPercent = (broker.ProcessorTime - before).TotalSeconds / 10 * 100;
            await MeasureAsync(new Target(name, broker.Bootstrap, broker.Id, durability == "fsync"), results, duration);
            await broker.StopAsync(TimeSpan.FromSeconds(30));
        }

        results.StartWithDataMs = await StartAsync(() => directory, options, keep: true);
        return results;
    }

    private static async Task<Results> MeasureAsync(Target target, Results results, TimeSpan duration)
    {
        var loads = new Workloads(target, duration);
        if (target.ProcessId is not null)
        {
            Say($"{target.Name}: {Clients} clients");
            results.TwentyClientsMegabytes = await loads.ResidentWithClientsAsync(await loads.CreateTopicAsync(Partitions), Clients) / 1e6;
        }

        foreach (var bytes in RecordSizes)
        {
            Say($"{target.Name}: {bytes} B");
            // A first short run warms client and broker up; it counts for nothing.
            if (bytes == RecordSizes[0]) { new Workloads(target, duration / 4).Produce(await loads.CreateTopicAsync(Partitions), bytes); }
            var topic = await loads.CreateTopicAsync(Partitions);
            var (count, perSecond) = loads.Produce(topic, bytes);
            results.ProducePerSecond[bytes] = perSecond;
            results.ConsumePerSecond[bytes] = loads.Consume(topic, count);
        }

        Say($"{target.Name}: latency");
        var small = await loads.CreateTopicAsync(Partitions);
        results.OneInFlight = await loads.OneInFlightAsync(small);
        results.TenThousandPerSecond = loads.AtRate(small, 10_000);
        Say($"{target.Name}: transactions");
        results.OneRecordTransactionsPerSecond = loads.Transactions(await loads.CreateTopicAsync(Partitions), 1);
        results.ThousandRecordTransactionsPerSecond = loads.Transactions(await loads.CreateTopicAsync(Partitions), 1_000);
        await loads.DeleteTopicsAsync();
        return results;
    }

    /// <summary>Median of five starts.</summary>
    private static async Task<double> StartAsync(Func<string> directory, BrokerProcessOptions options, bool keep)
    {
        var times = new List<double>();
        for (var n = 0; n < 5; n++)
        {
            var path = directory();
            await using (var broker = await BrokerProcess.StartAsync(path, 0, options, CancellationToken.None))
            {
                times.Add(broker.StartTime.TotalMilliseconds);
                await broker.StopAsync(TimeSpan.FromSeconds(30));
            }

            if (!keep) { Directory.Delete(path, recursive: true); }
        }

        return times.Order().ElementAt(2);
    }

    private static void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measuring {what}"));
}
