using System.CommandLine;
using System.Globalization;
using HsStream.Training.Datasets.Import;

namespace HsStream.Cli.Dataset;

/// <summary><c>hsstream dataset check</c>: which rows of a file can be used, and why the others cannot.</summary>
internal static class CheckVerb
{
    /// <summary>Groups that the table shows; --json and --rejects hold more.</summary>
    private const int ShownGroups = 20;

    public static Command Describe()
    {
        var file = new Argument<string>("FILE") { Description = "CSV, TSV or JSON lines, each also gzipped; - is standard input." };
        var flags = new ImportFlags();
        var noCodes = new Option<bool>("--no-codes") { Description = "The file has descriptions only." };
        var rejects = new Option<string?>("--rejects") { Description = "Write every rejected row there: JSON lines when it ends in .jsonl, else tab-separated.", HelpName = "FILE" };
        var json = CommonOptions.Json("Print the report as one JSON object.");
        var verb = new Command("check", "Read a file of descriptions and report the rows that cannot be used, and why.") { file, noCodes };
        flags.AddTo(verb, withCodes: true);
        verb.Add(rejects);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var path = parsed.GetValue(rejects);
            await using var rejectFile = path is null ? null : new StreamWriter(CreateFile(path));
            var writer = rejectFile is null ? null : new RejectWriter(rejectFile, path!.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase));
            var report = Run(parsed.GetValue(file)!, flags.Read(parsed), !parsed.GetValue(noCodes), writer, cancellationToken);
            if (parsed.GetValue(json)) { await output.WriteLineAsync(JsonLine.Write(RejectWriter.ToJson(report))); }
            else { await WriteAsync(report, output, parsed.InvocationConfiguration.Error); }
            return report.Damage is not null ? throw new OperatorException($"{parsed.GetValue(file)} is damaged after {report.Rows} rows: {report.Damage}")
                : report.Accepted > 0 ? 0
                : throw new OperatorException($"no row of {parsed.GetValue(file)} can be used");
        });
        return verb;
    }

    private static ImportReport Run(string file, ImportOptions options, bool withCodes, RejectWriter? writer, CancellationToken cancellationToken)
    {
        var report = new ImportReport(writer is null ? null : writer.Write);
        using var import = file == "-"
            ? DescriptionImport.Open(Console.OpenStandardInput(), "standard input", options, report)
            : DescriptionImport.Open(file, options, report);
        foreach (var _ in withCodes ? import.ReadLabelled() : (IEnumerable<object>)import.ReadPlain()) { cancellationToken.ThrowIfCancellationRequested(); }
        return report;
    }

    private static async Task WriteAsync(ImportReport report, TextWriter output, TextWriter errors)
    {
        await errors.WriteLineAsync(report.Source);
        var listing = new Listing("rows", "result", "line", "column", "expected", "arrived");
        listing.Add(report.Accepted, "accepted", null, null, null, null);
        foreach (var group in report.Groups.Take(ShownGroups))
        {
            var row = group.First;
            listing.Add(group.Rows, row.Reason.Word(), row.Line, row.Column, row.Expected, row.Arrived);
        }

        await listing.WriteAsync(output, isJson: false);
        foreach (var note in Notes(report)) { await errors.WriteLineAsync(note); }
    }

    private static IEnumerable<string> Notes(ImportReport report)
    {
        yield return Text($"{report.Rows} rows: {report.Accepted} accepted, {report.Rejected} rejected{(report.BlankLines > 0 ? Text($"; {report.BlankLines} empty lines") : "")}");
        var hidden = report.Groups.Count - ShownGroups;
        if (hidden > 0) { yield return Text($"{hidden} smaller groups are not shown; --json and --rejects FILE have them all"); }
        if (report.ConvertedCodes > 0) { yield return Text($"{report.ConvertedCodes} codes got another number{(report.ChosenCodes > 0 ? Text($"; {report.ChosenCodes} are the likeliest of several") : "")}"); }
        if (report.MendedCodes > 0) { yield return Text($"{report.MendedCodes} codes got a leading zero back or lost a decimal part"); }
        if (report.CodesOfOtherEdition > 0) { yield return Text($"{report.CodesOfOtherEdition} rejected codes belong to another edition; is --edition right?"); }
        if (report.Totals.GetValueOrDefault(RejectReason.AmbiguousCode) > 0) { yield return "codes that the other edition splits: --ambiguous same keeps the number where that is likeliest, --ambiguous first takes the likeliest"; }
        if (report.CodesLackingZero > 0) { yield return Text($"{report.CodesLackingZero} rejected codes lack a leading zero; --restore-leading-zeros takes them"); }

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    private static FileStream CreateFile(string path)
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
