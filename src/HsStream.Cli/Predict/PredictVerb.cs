using System.CommandLine;
using System.Globalization;
using HsStream.Cli.Dataset;
using HsStream.Cli.Model;
using HsStream.Scoring.Onnx;
using HsStream.Training.Datasets.Import;

namespace HsStream.Cli.Predict;

/// <summary><c>hsstream predict</c>: descriptions in, ranked codes with probabilities out.</summary>
internal static class PredictVerb
{
    private const int RowsAtOnce = 4096;
    private static readonly string[] TableEndings = [".csv", ".tsv", ".jsonl", ".ndjson", ".json"];

    public static Command Describe()
    {
        var texts = new Argument<string[]>("TEXT") { Description = "Descriptions to classify.", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<string?>("--file") { Description = "CSV, TSV, JSON lines or one description a line, each also gzipped; - is standard input. Lines unless its name or --format says otherwise.", HelpName = "FILE" };
        var importing = new ImportFlags();
        var models = new ModelFlags();
        var top = CommonOptions.Number("--top", 1, "Codes in a ranking; default: 5, at most 100.");
        var coverage = new Option<double>("--coverage") { Description = "Share of true codes that the set of plausible codes promises to hold.", HelpName = "SHARE", DefaultValueFactory = _ => new ScoringOptions().Coverage };
        var threads = CommonOptions.Number("--threads", 1, "Scorers side by side; default: one a core.");
        var noHeaderLine = new Option<bool>("--no-header-line") { Description = "Leave the line of column names out." };
        var explain = new Option<bool>("--explain") { Description = "Show for each TEXT which words decided and the nearest training texts." };
        var json = CommonOptions.Json("Print one JSON object a description.");
        var verb = new Command("predict", "Classify descriptions. Prints tab-separated lines in the order of the input: line, decision, level, reasons, text, then code and probability by rank.") { texts, file };
        importing.AddTo(verb, withCodes: false);
        models.AddTo(verb, withModel: true);
        foreach (var option in (Option[])[top, coverage, threads, noHeaderLine, explain, json]) { verb.Add(option); }
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var options = new ScoringOptions { TopK = (int)Math.Min(parsed.GetValue(top) ?? 5, 100), Coverage = parsed.GetValue(coverage) };
            if (parsed.GetValue(top) > 100) { throw new OperatorException($"--top is {parsed.GetValue(top)}; expected 1 to 100"); }
            if (options.Coverage is not (>= 0.5 and <= 0.999)) { throw new OperatorException($"--coverage is {options.Coverage.ToString(CultureInfo.InvariantCulture)}; expected 0.5 to 0.999"); }
            var given = parsed.GetValue(texts)!;
            var path = parsed.GetValue(file);
            if ((given.Length == 0) == (path is null)) { throw new OperatorException("expected descriptions as arguments, or --file, and not both"); }
            if (path is not null and not "-") { Open(path).Dispose(); } // says what is wrong before anything is printed
            using var model = models.Load(parsed, options);
            if (parsed.GetValue(explain))
            {
                if (path is not null) { throw new OperatorException("--explain is for descriptions given as arguments"); }
                await ExplanationText.WriteAsync(model, given, output, parsed.GetValue(json));
                return 0;
            }

            using var stop = new StopSignals(cancellationToken);
            using var pool = new ScorerPool(model, (int?)parsed.GetValue(threads) ?? Environment.ProcessorCount);
            var writer = new PredictionLines(output, options.TopK, parsed.GetValue(json));
            if (!parsed.GetValue(noHeaderLine)) { await writer.WriteHeaderAsync(); }
            var done = 0L;
            var import = importing.Read(parsed);
            var rows = path is null ? given.Select((text, i) => new UnreadRow(i + 1, text, null)) : IsLines(path, import) ? Lines(path) : Table(path, import);
            foreach (var chunk in rows.Chunk(RowsAtOnce))
            {
                stop.Token.ThrowIfCancellationRequested();
                var predictions = pool.Score([.. chunk.Where(row => row.Fault is null).Select(row => row.Text)]);
                var next = 0;
                await writer.WriteAsync([.. chunk.Select(row => new PredictedRow(row.Line, row.Text, row.Fault is null ? predictions[next++] : null, row.Fault))]);
                done += chunk.Length;
                if (done % (25 * RowsAtOnce) == 0) { await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{done} descriptions")); }
            }

            return 0;
        });
        return verb;
    }

    /// <summary>A name without a telling ending is a list of descriptions.</summary>
    private static bool IsLines(string path, ImportOptions options) =>
        options.Format == ImportFormat.Lines
        || (options.Format == ImportFormat.Detect && !TableEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase) || path.EndsWith(ending + ".gz", StringComparison.OrdinalIgnoreCase)));

    private static IEnumerable<UnreadRow> Lines(string path)
    {
        var line = 0L;
        foreach (var text in LineFile.Read(Open(path))) { yield return new UnreadRow(++line, text, null); }
    }

    /// <summary>Rows that cannot be read come too, in their place, with the reason.</summary>
    private static IEnumerable<UnreadRow> Table(string path, ImportOptions options)
    {
        var rejected = new Queue<UnreadRow>();
        var report = new ImportReport(row => rejected.Enqueue(new UnreadRow(row.Line, "", $"{row.Reason.Word()}: expected {row.Expected}, got {row.Arrived}")));
        using var import = DescriptionImport.Open(Open(path), path == "-" ? "standard input" : path, options, report);
        foreach (var row in import.ReadPlain())
        {
            while (rejected.TryDequeue(out var fault)) { yield return fault; }
            yield return new UnreadRow(row.Line, row.Text, null);
        }

        while (rejected.TryDequeue(out var fault)) { yield return fault; }
        if (report.Damage is { } damage) { throw new OperatorException($"{path} is damaged after {report.Rows} rows: {damage}"); }
    }

    private static Stream Open(string path)
    {
        try
        {
            return path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}", e);
        }
    }

    /// <param name="Fault">Why the row could not be read; else null.</param>
    private sealed record UnreadRow(long Line, string Text, string? Fault);
}
