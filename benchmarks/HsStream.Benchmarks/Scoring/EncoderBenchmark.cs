using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HsStream.Chaos;
using HsStream.Scoring.Features;

namespace HsStream.Benchmarks.Scoring;

/// <summary>How many descriptions does one core encode a second, beside a plain hash over the same bytes?</summary>
[MemoryDiagnoser]
public class EncoderBenchmark
{
    private const int Texts = 1000;
    private readonly string[] _texts = BenchmarkTexts.Lines(Texts);
    private readonly byte[][] _utf8;
    private readonly DescriptionEncoder _encoder;
    private readonly EncoderWorkspace _workspace;
    private readonly byte[] _copy = new byte[4096];

    public EncoderBenchmark()
    {
        _utf8 = [.. _texts.Select(Encoding.UTF8.GetBytes)];
        _encoder = EncoderFitter.Fit(new EncoderDefinition(), _texts.Concat(BenchmarkTexts.Lines(5000, seed: 2)));
        _workspace = _encoder.CreateWorkspace();
    }

    /// <summary>The floor: FNV-1a, one multiplication a byte, which every n-gram hasher pays several times over.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Texts)]
    public ulong Fnv()
    {
        var hash = 14695981039346656037;
        foreach (var text in _utf8)
        {
            foreach (var b in text)
            {
                hash = (hash ^ b) * 1099511628211;
            }
        }

        return hash;
    }

    [Benchmark(OperationsPerInvoke = Texts)]
    public int Copy()
    {
        var sum = 0;
        foreach (var text in _utf8)
        {
            text.CopyTo(_copy, 0);
            sum += _copy[0];
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Texts)]
    public int Utf16()
    {
        var sum = 0;
        foreach (var text in _texts)
        {
            sum += _encoder.Encode(text, _workspace).NgramIds.Length;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Texts)]
    public int Utf8()
    {
        var sum = 0;
        foreach (var text in _utf8)
        {
            sum += _encoder.Encode(text, _workspace).NgramIds.Length;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Texts)]
    public int InputHash()
    {
        Span<byte> hash = stackalloc byte[32];
        var sum = 0;
        foreach (var text in _texts)
        {
            DescriptionEncoder.HashInput(text, hash);
            sum += hash[0];
        }

        return sum;
    }

    internal static int Measure(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--out");
            var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(10).WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(300));
            var config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(NullLogger.Instance).AddColumnProvider(DefaultColumnProviders.Instance)
                .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "hsstream-encoder-benchmark"));
            Console.Error.WriteLine("measuring the encoder, half a minute");
            var summary = BenchmarkRunner.Run<EncoderBenchmark>(config);
            var results = summary.Reports.Where(report => report.ResultStatistics is not null).ToDictionary(
                report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
                report => new EncoderFigure(report.ResultStatistics!.Mean, report.ResultStatistics.StandardError, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? -1));
            if (results.Count < 5)
            {
                Console.Error.WriteLine("The benchmark did not run to its end: " + string.Join("; ", summary.ValidationErrors.Select(error => error.Message)));
                return 1;
            }

            var bytes = BenchmarkTexts.Lines(Texts).Average(Encoding.UTF8.GetByteCount);
            var page = Page(results, bytes);
            ScoringReport.Write(options.Text("--out"), "encoder", page, new EncoderResults(ScoringReport.Here(), bytes, results));
            Console.WriteLine(page);
            return 0;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static string Page(Dictionary<string, EncoderFigure> results, double bytes)
    {
        var page = new StringBuilder("# Encoder benchmark\n\n" + ScoringReport.MachineLine() + "\n");
        page.Append(CultureInfo.InvariantCulture, $"One thread, {Texts} seeded lines of {bytes:F0} bytes on average, BenchmarkDotNet in process. Times are noisy on a shared machine: read the ratio to the floor, FNV-1a over the same bytes in the same run.\n\n");
        page.Append("Made by `make bench-encoder`.\n\n| | ns a description | descriptions/s | MB/s | times the floor | allocated |\n|---|---|---|---|---|---|\n");
        var floor = results[nameof(Fnv)].Nanoseconds;
        foreach (var (name, label) in new[]
        {
            (nameof(Copy), "copy of the bytes"), (nameof(Fnv), "floor: FNV-1a of the bytes"), (nameof(InputHash), "SHA-256 of the text, as predictions name it"),
            (nameof(Utf16), "encode UTF-16"), (nameof(Utf8), "encode UTF-8"),
        })
        {
            var figure = results[name];
            page.Append(CultureInfo.InvariantCulture, $"| {label} | {figure.Nanoseconds:N0} | {1e9 / figure.Nanoseconds:N0} | {1e3 * bytes / figure.Nanoseconds:F1} | {figure.Nanoseconds / floor:F1} | {figure.AllocatedBytes} B |\n");
        }

        return page.ToString();
    }
}

/// <param name="Nanoseconds">Mean a description.</param>
/// <param name="AllocatedBytes">A description.</param>
internal sealed record EncoderFigure(double Nanoseconds, double StandardError, long AllocatedBytes);

internal sealed record EncoderResults(Broker.Machine Machine, double BytesPerDescription, IReadOnlyDictionary<string, EncoderFigure> Figures);
