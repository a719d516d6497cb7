using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HsStream.Benchmarks.Broker;

/// <summary>Writes a run as a page to read and as JSON to compare.</summary>
internal static class Report
{
    public const string Durable = "hsstream, fsync";
    public const string PageCache = "hsstream, page cache";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static void Write(RunResults run, string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "broker.md"), Page(run));
        File.WriteAllText(Path.Combine(directory, "broker.json"), JsonSerializer.Serialize(run, Json) + "\n");
    }

    public static string Page(RunResults run)
    {
        var page = new StringBuilder();
        var machine = run.Machine;
        page.AppendLine("# Broker benchmark").AppendLine();
        page.AppendLine(F($"{machine.Date}, commit {machine.Commit}. {machine.Processor}, {machine.Cores} cores, {machine.MemoryBytes / 1e9:F0} GB memory, {machine.FileSystem}, {machine.System}, {machine.Runtime}."));
        page.AppendLine("The client (Confluent.Kafka) runs on the same cores; its cost is in every figure. Times are noisy on a shared machine: read ratios to the floor, which was measured in the same run.").AppendLine();
        page.AppendLine("Made by `make bench-broker`.").AppendLine();
        Throughput(page, run);
        Latencies(page, run);
        Footprint(page, run);
        Goals(page, run);
        return page.ToString();
    }

    private static void Throughput(StringBuilder page, RunResults run)
    {
        page.AppendLine("## Throughput").AppendLine();
        page.AppendLine("Idempotent producer, 4 partitions; consumer from the beginning. Floor: 1 MiB file writes, each with its fsync where the broker does that; a loopback TCP copy.").AppendLine();
        page.AppendLine("| broker | record | produce MB/s | records/s | floor, file MB/s | consume MB/s | records/s | floor, loopback MB/s |").AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var broker in run.Brokers)
        {
            var floor = Floor(run, broker);
            foreach (var (bytes, perSecond) in broker.ProducePerSecond)
            {
                var consumed = broker.ConsumePerSecond[bytes];
                page.AppendLine(F($"| {broker.Broker} | {bytes} B | {perSecond * bytes / 1e6:F0} | {perSecond:N0} | {floor.WriteMegabytesPerSecond:F0} | {consumed * bytes / 1e6:F0} | {consumed:N0} | {floor.LoopbackMegabytesPerSecond:F0} |"));
            }
        }

        page.AppendLine();
    }

    private static void Latencies(StringBuilder page, RunResults run)
    {
        page.AppendLine("## Latency and transactions").AppendLine();
        page.AppendLine("100-byte records, acks=all, milliseconds p50 / p99. Floor: a small write with its fsync plus a loopback round trip.").AppendLine();
        page.AppendLine("| broker | one in flight | 10,000/s | floor | 1-record transactions/s | 1,000-record transactions/s |").AppendLine("|---|---|---|---|---|---|");
        foreach (var broker in run.Brokers)
        {
            var floor = Floor(run, broker);
            page.AppendLine(F($"| {broker.Broker} | {Text(broker.OneInFlight)} | {Text(broker.TenThousandPerSecond)} | {floor.SmallFlush.P50 + floor.RoundTrip.P50:F2} / {floor.SmallFlush.P99 + floor.RoundTrip.P99:F2} | {broker.OneRecordTransactionsPerSecond:F0} | {broker.ThousandRecordTransactionsPerSecond:F1} |"));
        }

        page.AppendLine();
    }

    private static void Footprint(StringBuilder page, RunResults run)
    {
        page.AppendLine("## Start, memory, idle").AppendLine();
        page.AppendLine("Start: from the process's start until it answers a request, median of five.").AppendLine();
        page.AppendLine("| broker | start, empty ms | start, with data ms | resident, fresh MB | with 20 clients MB | idle processor % |").AppendLine("|---|---|---|---|---|---|");
        foreach (var broker in run.Brokers)
        {
            page.AppendLine(F($"| {broker.Broker} | {Text(broker.StartEmptyMs, "F0")} | {Text(broker.StartWithDataMs, "F0")} | {Text(broker.IdleMegabytes, "F0")} | {Text(broker.TwentyClientsMegabytes, "F0")} | {Text(broker.IdleProcessorPercent, "F2")} |"));
        }

        page.AppendLine();
    }

    private static void Goals(StringBuilder page, RunResults run)
    {
        page.AppendLine("## Goals").AppendLine();
        page.AppendLine("| goal | measured | met |").AppendLine("|---|---|---|");
        var (durable, cached) = (run.Brokers.First(b => b.Broker == Durable), run.Brokers.First(b => b.Broker == PageCache));
        Row("1 KB idempotent records, fsync: at least 100 MB/s", durable.ProducePerSecond[1_000] / 1_000, "MB/s", v => v >= 100);
        Row("1 KB idempotent records, page cache: at least 250 MB/s", cached.ProducePerSecond[1_000] / 1_000, "MB/s", v => v >= 250);
        Row("100 B records, fsync: at least 400,000/s", durable.ProducePerSecond[100], "/s", v => v >= 400_000);
        Row("100 B records, page cache: at least 400,000/s", cached.ProducePerSecond[100], "/s", v => v >= 400_000);
        Row("produce p99 at 10,000/s, fsync: at most 10 ms", durable.TenThousandPerSecond!.P99, "ms", v => v <= 10);
        Row("produce p99 at 10,000/s, page cache: at most 10 ms", cached.TenThousandPerSecond!.P99, "ms", v => v <= 10);
        Row("idle processor: below 1 %", durable.IdleProcessorPercent!.Value, "%", v => v < 1);
        Row("resident with 20 clients: at most 256 MB", durable.TwentyClientsMegabytes!.Value, "MB", v => v <= 256);
        Row("start: below 500 ms", durable.StartEmptyMs!.Value, "ms", v => v < 500);

        void Row(string goal, double value, string unit, Func<double, bool> isMet) => page.AppendLine(F($"| {goal} | {value:N1} {unit} | {(isMet(value) ? "yes" : "**no**")} |"));
    }

    private static FloorResults Floor(RunResults run, Results broker) => broker.Broker == Durable ? run.DurableFloor : run.PageCacheFloor;

    private static string Text(Latency? latency) => latency is null ? "-" : F($"{latency.P50:F2} / {latency.P99:F2}");

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
