using System.Diagnostics;
using System.Globalization;
using HsStream.Benchmarks.Broker;
using HsStream.Benchmarks.Scoring;
using HsStream.Chaos;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Training.Catalogue;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>How much of the scorer is left once every description is consumed, scored, produced and recorded exactly once?</summary>
internal static class PipelineBenchmark
{

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--records", "--against", "--registry", "--postgres", "--bundle", "--seconds", "--only", "--out");
            if (options.Plain.Count > 0) { throw new FormatException($"pipeline takes no '{options.Plain[0]}'."); }
            var parts = (options.Text("--only") ?? "cold,scorer,at-least-once,exactly-once,whole,ledger,latency").Split(',');
            var records = options.Number("--records", 1_000_000);
            var duration = TimeSpan.FromSeconds(options.Number("--seconds", 20));
            var root = Directory.CreateTempSubdirectory("hsstream-bench-");
            try
            {
                var bundle = await BenchmarkBundle.FindAsync(options.Text("--bundle"));
                var results = new PipelineResults
                {
                    Machine = Machine.Describe(root.FullName, TimeProvider.System),
                    Model = $"{bundle.Manifest.Architecture}, {bundle.Manifest.Files.Sum(file => file.Size) / 1e6:F1} MB, {bundle.ModelVersion[..14]}",
                    Broker = options.Text("--against") ?? "embedded, fsync",
                    Records = records,
                };
                var bench = new PipelineRun(root.FullName, bundle, options.Text("--against"), options.Text("--registry"), options.Text("--postgres"), results);
                if (parts.Contains("scorer")) { results.ScorerAlone = ScorerAlone(bundle, duration); }
                await bench.RunAsync(parts, records, duration);
                var page = PipelineReport.Page(results);
                ScoringReport.Write(options.Text("--out"), "pipeline", page, results);
                Console.WriteLine(page);
                return 0;
            }
            finally
            {
                root.Delete(recursive: true);
            }
        }
        catch (Exception e) when (e is FormatException or BundleException or TimeoutException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    /// <summary>Texts in memory to decisions in memory, one thread a core, batches as the role makes them.</summary>
    private static double ScorerAlone(Bundle bundle, TimeSpan duration)
    {
        Say("the scorer alone");
        using var model = HsModel.Load(bundle, new ScoringOptions());
        var lines = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = 9 });
        var batches = lines.Generate(16_384).Select(line => line.Description).Chunk(512).ToArray();
        var threads = Environment.ProcessorCount;
        var counts = new long[threads];
        using var ready = new Barrier(threads);
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            using var scorer = model.CreateScorer();
            scorer.Warmup();
            ready.SignalAndWait();
            for (var (i, clock) = (worker, Stopwatch.StartNew()); clock.Elapsed < duration / 2; i++) { counts[worker] += scorer.Score(batches[i % batches.Length]).Length; }
        })).ToArray();
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        return counts.Sum() / (duration / 2).TotalSeconds;
    }

    private static void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measuring {what}"));
}
