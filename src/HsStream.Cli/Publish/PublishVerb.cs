using System.CommandLine;
using System.Globalization;
using HsStream.Cli.Connect;
using HsStream.Cli.Dataset;
using HsStream.Domain.Messages;
using HsStream.Training.Datasets.Import;

namespace HsStream.Cli.Publish;

/// <summary><c>hsstream publish</c>: descriptions from a file or standard input into <c>hs.descriptions</c>.</summary>
internal static class PublishVerb
{
    private const double MaxRate = 1_000_000;
    private const int ShownGroups = 20;

    public static Command Describe()
    {
        var file = new Argument<string>("FILE") { Description = "CSV, TSV, JSON lines or one description a line, each also gzipped; - is standard input." };
        var importing = new ImportFlags();
        var connection = new ConnectionFlags();
        var id = Column("--id-column", "Column of the description's id; default: the one with a usual name, else ids made from the line's number and the file's content, the same each time.");
        var sourceColumn = Column("--source-column", "Column that says who wrote it; default: the one with a usual name.");
        var code = Column("--code-column", "Column of the code that the shipper declared; default: the one with a usual name.");
        var attributes = new Option<string[]>("--attribute") { Description = "Column to send along; may be repeated.", HelpName = "NAME|#N", DefaultValueFactory = _ => [] };
        var source = new Option<string?>("--source") { Description = "Who wrote the descriptions, where no column says so.", HelpName = "NAME" };
        var topic = new Option<string>("--topic") { Description = "Topic.", HelpName = "NAME", DefaultValueFactory = _ => Topics.Descriptions };
        var rate = new Option<double?>("--rate") { Description = "Descriptions a second; default: as fast as it goes.", HelpName = "N" };
        var rejects = new Option<string?>("--rejects") { Description = "Write every rejected line there, tab-separated, or JSON lines when it ends in .jsonl.", HelpName = "FILE" };
        var strict = new Option<bool>("--strict") { Description = "Exit with 1 when a line was rejected." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Read the file and report, publish nothing." };
        var json = CommonOptions.Json("Print the report as one JSON object.");
        var verb = new Command("publish", "Publish descriptions to be classified; ends when Kafka has acknowledged every one.") { file };
        importing.AddTo(verb, withCodes: false);
        foreach (var option in (Option[])[id, sourceColumn, code, attributes, source, topic, rate, rejects, strict, dryRun, json]) { verb.Add(option); }
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var import = importing.Read(parsed) with
            {
                Id = ColumnOf(parsed, id), Source = ColumnOf(parsed, sourceColumn), Code = ColumnOf(parsed, code), Attributes = [.. parsed.GetValue(attributes)!.Select(ColumnRef.Parse)],
            };
            var interval = IntervalOf(parsed.GetValue(rate));
            var connections = connection.Read(parsed);
            var name = parsed.GetValue(topic)!;
            if (!parsed.GetValue(dryRun)) { new KafkaAccess(connections).Partitions(name); }
            await using var rejected = parsed.GetValue(rejects) is { } path ? Create(path) : null;
            var writer = rejected is null ? null : new RejectWriter(rejected, parsed.GetValue(rejects)!.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase));
            using var descriptions = DescriptionFile.Open(parsed.GetValue(file)!, import, parsed.GetValue(source), writer is null ? null : writer.Write);
            using var streaming = new StreamingAccess(connections);
            var publication = new Publication(streaming, name, TimeProvider.System);
            var start = TimeProvider.System.GetTimestamp();
            try
            {
                using var progress = new ProgressLine(errors, parsed.GetValue(dryRun) ? "lines read" : "descriptions acknowledged", null, TimeProvider.System);
                if (parsed.GetValue(dryRun))
                {
                    foreach (var _ in descriptions.Read()) { signals.Token.ThrowIfCancellationRequested(); progress.Report(descriptions.Report.Rows); }
                }
                else
                {
                    await publication.SendAsync(descriptions.Read(), interval, done => progress.Report(done), signals.Token);
                }
            }
            catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
            {
                throw new OperatorException($"stopped after {publication.Acknowledged} acknowledged descriptions; publish the same file again, its ids stay the same");
            }

            var report = descriptions.Report;
            await WriteAsync(report, publication, name, TimeProvider.System.GetElapsedTime(start), parsed.GetValue(json), output, errors);
            if (report.Damage is { } damage) { throw new OperatorException($"{parsed.GetValue(file)} is damaged after {report.Rows} rows: {damage}"); }
            if (report.Accepted == 0) { throw new OperatorException($"no line of {parsed.GetValue(file)} can be published"); }
            return parsed.GetValue(strict) && report.Rejected > 0 ? 1 : 0;
        });
        return verb;
    }

    internal static TimeSpan IntervalOf(double? rate) => rate switch
    {
        null => TimeSpan.Zero,
        > 0 and <= MaxRate => TimeSpan.FromSeconds(1 / rate.Value),
        _ => throw new OperatorException(string.Create(CultureInfo.InvariantCulture, $"--rate is {rate}; expected descriptions a second above 0, at most {MaxRate}")),
    };

    private static async Task WriteAsync(ImportReport report, Publication publication, string topic, TimeSpan elapsed, bool isJson, TextWriter output, TextWriter errors)
    {
        if (isJson)
        {
            var json = RejectWriter.ToJson(report);
            json["published"] = publication.Acknowledged;
            json["topic"] = topic;
            json["seconds"] = Math.Round(elapsed.TotalSeconds, 3);
            await output.WriteLineAsync(JsonLine.Write(json));
            return;
        }

        await errors.WriteLineAsync(report.Source);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"published {publication.Acknowledged} descriptions to {topic} in {elapsed.TotalSeconds:0.0} s, {report.Rejected} of {report.Rows} lines rejected"));
        foreach (var group in report.Groups.Take(ShownGroups))
        {
            var row = group.First;
            await errors.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"  {group.Rows} rejected as {row.Reason.Word()}, such as line {row.Line}{(row.Column.Length > 0 ? $", column {row.Column}" : "")}: expected {row.Expected}, got {row.Arrived}"));
        }

        if (report.Groups.Count > ShownGroups) { await errors.WriteLineAsync($"  {report.Groups.Count - ShownGroups} smaller groups are not shown; --json and --rejects FILE have them all"); }
    }

    private static Option<string?> Column(string name, string what) => new(name) { Description = what, HelpName = "NAME|#N" };

    private static ColumnRef? ColumnOf(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } text ? ColumnRef.Parse(text) : null;

    private static StreamWriter Create(string path)
    {
        try
        {
            return new StreamWriter(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot write {path}: {e.Message}", e);
        }
    }
}
