using System.Text;

namespace HsStream.Training.Evaluation.Reports;

/// <summary>The report for a repository: every table, nothing to click.</summary>
public static class MarkdownReport
{
    public static string Write(EvaluationReport report)
    {
        var text = new StringBuilder();
        text.Append($"# {report.Title}\n\n");
        text.Append(string.Join("\n\n", Facts(report)));
        foreach (var table in ReportTables.Of(report))
        {
            text.Append($"\n\n## {table.Title}\n");
            if (table.Note.Length > 0) { text.Append($"{table.Note}\n"); }
            text.Append('\n');
            Table(text, table);
        }

        text.Append('\n');
        return text.ToString();
    }

    /// <summary>What was measured on what, one paragraph each.</summary>
    internal static IEnumerable<string> Facts(EvaluationReport report)
    {
        var data = report.Data;
        var rejected = data.Rejected > 0 ? $", {Figures.Whole(data.Rejected)} rows that could not be used left out" : "";
        yield return $"Data: {data.Source}, {Figures.Whole(data.Rows)} rows, {Figures.Whole(data.Codes)} codes of {data.Edition}{rejected}. Texts: {data.TextForm}. Seed {report.Seed}.";
        foreach (var part in report.Parts)
        {
            var learnt = part.TrainRows > 0 ? $"{Figures.Whole(part.TrainRows)} rows to learn from, " : "";
            var unseen = part.UnseenCodeShare is { } share ? $" {Figures.Percent(share)} of the test rows have a code that no row to learn from has, so nothing learnt from the data alone can get them right." : "";
            var version = part.Models[0].ModelVersion is { Length: > 0 } hash ? $" Model {hash}." : "";
            yield return $"{Capital(ReportTables.NameOf(part.Name))}: {part.Method}; {learnt}{Figures.Whole(part.TestRows)} to answer.{unseen}{version}";
        }

        if (report.Prequential is { } stream)
        {
            yield return $"Stream: in the order of the data, {stream.Blocks.Count + 1} blocks, each answered by a model made of everything before it; the first {Figures.Whole(stream.WarmUpRows)} rows only teach. {Figures.Percent(stream.KnownShare)} of the texts came before; their prevailing code is right in {Figures.Percent(stream.MemoryAccuracy)}.";
        }

        var machine = report.Machine;
        yield return $"Measured {machine.Date} on {machine.Processor}, {machine.Cores} cores, {Figures.Bytes(machine.MemoryBytes)}, {machine.Runtime}, commit {report.CodeCommit}.";
        if (report.Command.Length > 0) { yield return $"Again: `{report.Command}`"; }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static void Table(StringBuilder text, ReportTable table)
    {
        text.Append($"| {string.Join(" | ", table.Columns)} |\n");
        text.Append($"|{string.Concat(table.Columns.Select((_, i) => i < table.TextColumns ? "---|" : "---:|"))}\n");
        foreach (var row in table.Rows) { text.Append($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n"); }
    }
}
