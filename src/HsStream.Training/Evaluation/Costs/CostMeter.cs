using System.Diagnostics;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;

namespace HsStream.Training.Evaluation.Costs;

/// <summary>Measures a bundle with the options that it is served with, not those of the evaluation.</summary>
/// <param name="timePerMeasurement">How long each figure is measured; at least some rounds are always run.</param>
internal sealed class CostMeter(Bundle bundle, TimeSpan timePerMeasurement)
{
    private const int BatchRows = 1024;
    private const int FewestRounds = 5;
    private const int MostSamples = 5000;

    public ServingCost Measure(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        using var model = HsModel.Load(bundle, new ScoringOptions());
        using var scorer = model.CreateScorer();
        scorer.Warmup();
        var batches = texts.Chunk(BatchRows).ToArray();
        foreach (var batch in batches.Take(FewestRounds)) { scorer.Score(batch); }     // the runtime compiles what is hot

        var cpu = Environment.CpuUsage.TotalTime;
        var (rows, time) = Run(scorer, batches, cancellationToken);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        return new ServingCost(
            WeightCount.Of(bundle.File(Bundle.ModelFile).Span),
            bundle.Manifest.Files.Sum(file => file.Size) + bundle.Manifest.ToJson().Length,
            bundle.File(Bundle.ModelFile).Length,
            cpu.TotalSeconds / rows * 1e6,
            rows / time.TotalSeconds,
            AllCores(model, batches, cancellationToken),
            Environment.ProcessorCount,
            LatencyOf(scorer, [.. texts.Take(MostSamples).Select(text => new[] { text })], cancellationToken),
            LatencyOf(scorer, [.. texts.Chunk(64).Where(batch => batch.Length == 64 || texts.Count < 64)], cancellationToken));
    }

    private (long Rows, TimeSpan Time) Run(BatchScorer scorer, string[][] batches, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var rows = 0L;
        for (var round = 0; round < FewestRounds || Stopwatch.GetElapsedTime(start) < timePerMeasurement; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = batches[round % batches.Length];
            scorer.Score(batch);
            rows += batch.Length;
        }

        return (rows, Stopwatch.GetElapsedTime(start));
    }

    private double AllCores(HsModel model, string[][] batches, CancellationToken cancellationToken)
    {
        var rates = new double[Environment.ProcessorCount];
        using var start = new Barrier(rates.Length);
        var threads = Enumerable.Range(0, rates.Length).Select(i => new Thread(() =>
        {
            using var scorer = model.CreateScorer();
            scorer.Warmup();
            start.SignalAndWait();
            try
            {
                var (rows, time) = Run(scorer, batches, cancellationToken);
                rates[i] = rows / time.TotalSeconds;
            }
            catch (OperationCanceledException)
            {
                // The caller finds out below.
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        cancellationToken.ThrowIfCancellationRequested();
        return rates.Sum();
    }

    private Latency LatencyOf(BatchScorer scorer, string[][] batches, CancellationToken cancellationToken)
    {
        var times = new List<TimeSpan>();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; times.Count < MostSamples && (i < FewestRounds || Stopwatch.GetElapsedTime(start) < timePerMeasurement); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var one = Stopwatch.GetTimestamp();
            scorer.Score(batches[i % batches.Length]);
            times.Add(Stopwatch.GetElapsedTime(one));
        }

        return Latency.Of(times);
    }
}
