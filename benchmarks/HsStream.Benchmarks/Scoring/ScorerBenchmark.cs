using System.Diagnostics;
using System.Globalization;
using System.Text;
using HsStream.Chaos;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;

namespace HsStream.Benchmarks.Scoring;

/// <summary>What does a description cost from text to decision, alone and in batches, beside bare runs of the model's graph?</summary>
internal static class ScorerBenchmark
{
    private static readonly int[] BatchSizes = [1, 64];

    public static int Measure(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--bundle", "--seconds", "--out");
            var duration = TimeSpan.FromSeconds(options.Number("--seconds", 5));
            using var model = options.Text("--bundle") is { } directory
                ? HsModel.Load(BundleReader.Read(directory), new ScoringOptions())
                : BenchmarkModel.Create(new ScoringOptions());
            var texts = BenchmarkTexts.Lines(4096, seed: 3);
            var figures = BatchSizes.Select(size => OneThread(model, texts, size, duration)).ToArray();
            var cores = Enumerable.Range(1, Environment.ProcessorCount).Where(threads => threads == 1 || threads == Environment.ProcessorCount)
                .ToDictionary(threads => threads, threads => Throughput(model, texts, threads, duration));
            var results = new ScorerResults(
                ScoringReport.Here(), options.Text("--bundle") is null ? "random weights" : model.ModelVersion, model.Labels.Count,
                model.Bundle.Manifest.Files.Sum(file => file.Size), figures, cores);
            var page = Page(results);
            ScoringReport.Write(options.Text("--out"), "scorer", page, results);
            Console.WriteLine(page);
            return 0;
        }
        catch (Exception e) when (e is FormatException or BundleException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    /// <summary>Alternates whole scoring and bare runs of the same groups, so that both see the same machine.</summary>
    private static ScorerFigure OneThread(HsModel model, string[] texts, int batch, TimeSpan duration)
    {
        Console.Error.WriteLine($"one thread, {batch} at a time");
        using var scorer = model.CreateScorer();
        scorer.Warmup();
        var batches = texts.Chunk(batch).Take(512).ToArray();
        foreach (var part in batches)
        {
            scorer.Score(part);
        }

        var (latencies, floors, allocated) = (new List<double>(), new List<double>(), 0L);
        for (var (i, clock) = (0, Stopwatch.StartNew()); clock.Elapsed < duration; i++)
        {
            var part = batches[i % batches.Length];
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            scorer.Score(part);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            start = Stopwatch.GetTimestamp();
            scorer.Run(); // the encoded batch is still there
            floors.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        var count = (double)latencies.Count * batch;
        return new ScorerFigure(
            batch, Percentile(latencies, 0.5), Percentile(latencies, 0.99), 1e6 * count / latencies.Sum(), 1e6 * count / floors.Sum(), allocated / count);
    }

    private static double Throughput(HsModel model, string[] texts, int threads, TimeSpan duration)
    {
        Console.Error.WriteLine($"{threads} threads, 64 at a time");
        var counts = new long[threads];
        var batches = texts.Chunk(64).ToArray();
        using var ready = new Barrier(threads);
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            using var scorer = model.CreateScorer();
            scorer.Warmup();
            ready.SignalAndWait();
            for (var (i, clock) = (worker, Stopwatch.StartNew()); clock.Elapsed < duration; i++)
            {
                counts[worker] += scorer.Score(batches[i % batches.Length]).Length;
            }
        })).ToArray();
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        return counts.Sum() / duration.TotalSeconds;
    }

    private static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return values[(int)(share * (values.Count - 1))];
    }

    private static string Page(ScorerResults results)
    {
        var page = new StringBuilder("# Scorer benchmark\n\n" + ScoringReport.MachineLine() + "\n");
        page.Append(CultureInfo.InvariantCulture, $"Model: {results.Model}, {results.Labels:N0} labels, {results.BundleBytes / 1e6:F1} MB. From text to ranking, sets and decision. Floor: bare runs of the model's graph over the same encoded rows, alternating with the whole. Times are noisy on a shared machine: read the ratio.\n\n");
        page.Append("Made by `make bench-scorer`.\n\n| one thread, batch of | p50 | p99 | descriptions/s | floor, descriptions/s | share of the floor | allocated a description |\n|---|---|---|---|---|---|---|\n");
        foreach (var figure in results.OneThread)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {figure.Batch} | {figure.MedianMicroseconds:N0} µs | {figure.P99Microseconds:N0} µs | {figure.PerSecond:N0} | {figure.FloorPerSecond:N0} | {100 * figure.PerSecond / figure.FloorPerSecond:F0}% | {figure.AllocatedBytes:N0} B |\n");
        }

        page.Append("\n| threads, batch of 64 | descriptions/s |\n|---|---|\n");
        foreach (var (threads, perSecond) in results.PerSecondByThreads)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {threads} | {perSecond:N0} |\n");
        }

        return page.ToString();
    }
}

/// <param name="AllocatedBytes">A description, the prediction itself included.</param>
internal sealed record ScorerFigure(int Batch, double MedianMicroseconds, double P99Microseconds, double PerSecond, double FloorPerSecond, double AllocatedBytes);

internal sealed record ScorerResults(
    Broker.Machine Machine, string Model, int Labels, long BundleBytes, IReadOnlyList<ScorerFigure> OneThread, IReadOnlyDictionary<int, double> PerSecondByThreads);
