using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using HsStream.Training.Catalogue;

namespace HsStream.Cli.Generate;

/// <summary><c>hsstream generate</c>: shipment lines like real ones, from the shipped catalogue, to a file or a topic.</summary>
internal static class GenerateVerb
{
    private static readonly Dictionary<string, ShipmentFormat> Formats = new()
    {
        ["csv"] = ShipmentFormat.Csv,
        ["tsv"] = ShipmentFormat.Tsv,
        ["jsonl"] = ShipmentFormat.JsonLines,
    };

    public static Command Describe()
    {
        var flags = new GenerateFlags();
        var format = new Option<string?>("--format") { Description = "csv, tsv or jsonl; default: by the name of --output, else csv.", HelpName = "FORMAT" };
        var gzip = new Option<bool>("--gzip") { Description = "Compress; also when --output ends in .gz." };
        var file = new Option<string?>("--output") { Description = "Default: standard output.", HelpName = "FILE" };
        var topic = new Option<string?>("--topic") { Description = "Publish to this topic instead: JSON values, the description's id as key.", HelpName = "NAME" };
        var bootstrap = new Option<string>("--bootstrap-servers") { Description = "Kafka to publish to.", HelpName = "HOST:PORT", DefaultValueFactory = _ => $"127.0.0.1:{Up.UpVerb.KafkaPort}" };
        var paced = new Option<bool>("--paced") { Description = "With --topic: send at --rate instead of as fast as it goes." };
        var verb = new Command("generate", "Make shipment lines like real ones from the shipped catalogue: same seed, same lines.");
        flags.AddTo(verb);
        foreach (var option in (Option[])[format, gzip, file, topic, bootstrap, paced]) { verb.Add(option); }
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var (generator, count) = flags.Read(parsed, TimeProvider.System);
            var lines = generator.Generate(count);
            var errors = parsed.InvocationConfiguration.Error;
            if (parsed.GetValue(topic) is { } name)
            {
                if (parsed.GetValue(file) is not null || parsed.GetValue(format) is not null || parsed.GetValue(gzip)) { throw new OperatorException("--topic goes without --output, --format and --gzip"); }
                var interval = parsed.GetValue(paced) ? flags.Interval(parsed) : TimeSpan.Zero;
                await TopicWriter.SendAsync(lines, name, parsed.GetValue(bootstrap)!, interval, TopicWriter.Patience, TimeProvider.System, errors, signals.Token);
                return 0;
            }

            if (parsed.GetValue(paced)) { throw new OperatorException("--paced goes with --topic only"); }
            var path = parsed.GetValue(file);
            await WriteAsync(lines, path, FormatOf(parsed.GetValue(format), path), parsed.GetValue(gzip) || path?.EndsWith(".gz", StringComparison.Ordinal) == true, parsed.InvocationConfiguration.Output, errors, signals.Token);
            return 0;
        });
        return verb;
    }

    private static ShipmentFormat FormatOf(string? format, string? path)
    {
        if (format is not null)
        {
            return Formats.TryGetValue(format, out var known) ? known : throw new OperatorException($"--format is '{format}'; expected csv, tsv or jsonl");
        }

        var plain = path?.EndsWith(".gz", StringComparison.Ordinal) == true ? path[..^3] : path;
        return Formats.GetValueOrDefault(Path.GetExtension(plain)?.TrimStart('.') ?? "", ShipmentFormat.Csv);
    }

    private static async Task WriteAsync(
        IEnumerable<ShipmentLine> lines, string? path, ShipmentFormat format, bool isCompressed, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        long written = 0;
        await using (var target = path is null ? OutputStream(output) : Create(path))
        await using (var packed = isCompressed ? new GZipStream(target, CompressionLevel.Fastest) : target)
        using (var writer = new ShipmentWriter(packed, format))
        {
            foreach (var line in lines)
            {
                cancellationToken.ThrowIfCancellationRequested();
                writer.Write(line);
                written++;
            }

            writer.Flush();
        }

        if (path is not null) { await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"wrote {written} lines to {path} in {watch.Elapsed.TotalSeconds:0.0} s")); }
    }

    /// <summary>Bytes need the stream behind the console; a test's writer gets them as text.</summary>
    private static Stream OutputStream(TextWriter output) => output == Console.Out ? Console.OpenStandardOutput() : new TextStream(output);

    private static FileStream Create(string path)
    {
        try
        {
            return File.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot write {path}: {e.Message}", e);
        }
    }
}
