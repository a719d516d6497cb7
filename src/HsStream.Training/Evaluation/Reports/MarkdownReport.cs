using System.Text;

namespace HsStream.Training.Evaluation.Reports;

/// <summary>The report for a repository: every table, nothing to click.</summary>
public static class MarkdownReport
{
    public static string Write(EvaluationReport report)
    {
        var text = new StringBuilder();
        text.Append($"# {report.Title}\n\n");
        text.Append(string.Join("\n\n", Facts(report).Select(fact => $"**{fact.Term}.** {fact.Text}")) + "\n");
        foreach (var table in ReportTables.Of(report))
        {
            text.Append($"\n## {table.Title}\n");
            if (table.Note.Length > 0) { text.Append($"{table.Note}\n"); }
            text.Append('\n');
            Table(text, table);
        }

        return text.ToString();
    }

    /// <summary>What was measured on what: a word and what there is to say about it.</summary>
    internal static IEnumerable<(string Term, string Text)> Facts(EvaluationReport report)
    {
        var data = report.Data;
        var rejected = data.Rejected > 0 ? $"; {Figures.Whole(data.Rejected)} more could not be used" : "";
        yield return ("Data", $"{data.Source}: {Figures.Whole(data.Rows)} rows, {Figures.Whole(data.Codes)} codes of {data.Edition}{rejected}. Texts {data.TextForm}.");
        foreach (var part in report.Parts)
        {
            var learnt = part.TrainRows > 0 ? $"{Figures.Whole(part.TrainRows)} rows to learn from, " : "";
            var unseen = part.UnseenCodeShare is { } share ? $" {Figures.Percent(share)} of these have a code that no row to learn from has." : "";
            var version = part.Models[0].ModelVersion is { Length: > 0 } hash ? $" Model {hash[..Math.Min(hash.Length, 19)]}." : "";
            yield return (Capital(ReportTables.NameOf(part.Name)), $"{Capital(part.Method)}: {learnt}{Figures.Whole(part.TestRows)} to answer.{unseen}{version}");
        }

        if (report.Prequential is { } stream)
        {
            yield return ("Stream", $"All rows in their order, in {stream.Blocks.Count + 1} blocks; the first, {Figures.Whole(stream.WarmUpRows)} rows, only teaches. {Figures.Percent(stream.KnownShare)} of the other rows have a text that came before, whose prevailing code is right in {Figures.Percent(stream.MemoryAccuracy)}.");
        }

        var machine = report.Machine;
        yield return ("Measured", $"{machine.Date} on {machine.Processor}, {machine.Cores} cores, {Figures.Bytes(machine.MemoryBytes)}, {machine.Runtime}; commit {report.CodeCommit}, seed {report.Seed}.");
        if (report.Command.Length > 0) { yield return ("Again", $"`{report.Command}`"); }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static void Table(StringBuilder text, ReportTable table)
    {
        text.Append($"| {string.Join(" | ", table.Columns)} |\n");
        text.Append($"|{string.Concat(table.Columns.Select((_, i) => i < table.TextColumns ? "---|" : "---:|"))}\n");
        foreach (var row in table.Rows) { text.Append($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n"); }
    }
}
