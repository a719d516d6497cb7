using System.Globalization;
using System.Text;
using HsStream.Benchmarks.Scoring;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>Writes pipeline.md: floors first, ratios beside the figures.</summary>
internal static class PipelineReport
{
    public static string Page(PipelineResults r)
    {
        var page = new StringBuilder("# Pipeline benchmark\n\n" + ScoringReport.MachineLine() + "\n");
        page.Append(CultureInfo.InvariantCulture, $"Model: {r.Model}. Broker: {r.Broker}. Broker, registry, PostgreSQL, roles, load and measurement share the machine. Times are noisy on a shared machine: read the ratios.\n\nMade by `make bench-pipeline`; `ARGS=\"--records N\"` shortens it, `ARGS=\"--against host:port\"` measures another cluster.\n\n");
        page.Append(CultureInfo.InvariantCulture, $"## Throughput\n\nA backlog of {r.Records:N0} descriptions, from the first tenth of the predictions to the last, as a read_committed consumer sees them.\n\n| | descriptions/s | of the scorer alone | goal |\n|---|---|---|---|\n");
        Row(page, "floor: scorer alone, in memory, all cores", r.ScorerAlone, r.ScorerAlone, "");
        Row(page, "pipeline, at least once (no transactions)", r.AtLeastOnce, r.ScorerAlone, "");
        Row(page, "pipeline, exactly once", r.ExactlyOnce, r.ScorerAlone, "0.6");
        Row(page, "pipeline, exactly once, with the ledger beside it", r.WholePipeline, r.ScorerAlone, "");
        if (r is { ExactlyOnce: { } exact, AtLeastOnce: { } least }) { page.Append(CultureInfo.InvariantCulture, $"\nExactly once against at least once: {exact / least:F2}.\n"); }
        if (r.Ledger is { } ledger)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## Ledger\n\n{ledger.Events:N0} events, {ledger.Bytes / 1e6:F0} MB of JSON, transactions of {ledger.BatchRecords:N0}.\n\n| | events/s | of COPY | goal |\n|---|---|---|---|\n");
            page.Append(CultureInfo.InvariantCulture, $"| floor: binary COPY of the same rows, primary key alone | {ledger.Copy:N0} | 1.00 | |\n| append: decide, encode, hash, seal, offsets | {ledger.Append:N0} | {ledger.Append / ledger.Copy:F2} | 0.5 |\n");
            if (ledger.Role is { } role) { page.Append(CultureInfo.InvariantCulture, $"| ledger role, from Kafka | {role:N0} | {role / ledger.Copy:F2} | |\n"); }
        }

        if (r.Latency.Count > 0)
        {
            page.Append("\n## Latency\n\nFrom the produce call to the prediction in a read_committed consumer; scorer and ledger run.\n\n| descriptions/s | measured | p50 | p99 | max | goal |\n|---|---|---|---|---|---|\n");
            foreach (var one in r.Latency) { page.Append(CultureInfo.InvariantCulture, $"| {one.PerSecond:N0} | {one.Count:N0} | {one.Milliseconds.P50:F1} ms | {one.Milliseconds.P99:F1} ms | {one.Milliseconds.Max:F0} ms | {(one.PerSecond == 500 ? "p99 50 ms" : "")} |\n"); }
        }

        if (r.Memory.Count > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## Memory over {r.Records:N0} descriptions\n\n| predictions read | scorer | ledger |\n|---|---|---|\n");
            foreach (var one in r.Memory) { page.Append(CultureInfo.InvariantCulture, $"| {100 * one.Share:F0}% | {one.ScorerMegabytes:F0} MB | {one.LedgerMegabytes:F0} MB |\n"); }
        }

        if (r.ColdStartMs is { } cold) { page.Append(CultureInfo.InvariantCulture, $"\n## Cold start\n\nFrom the start of a scorer's process to its first prediction in a read_committed consumer: {cold:N0} ms, median of three; goal 2,000 ms.\n"); }
        return page.ToString();
    }

    private static void Row(StringBuilder page, string name, double? figure, double? floor, string goal)
    {
        if (figure is { } value) { page.Append(CultureInfo.InvariantCulture, $"| {name} | {value:N0} | {(floor is { } by ? (value / by).ToString("F2", CultureInfo.InvariantCulture) : "")} | {goal} |\n"); }
    }
}
