using HsStream.Training.Evaluation;
using HsStream.Training.Evaluation.Reports;
using Spectre.Console;

namespace HsStream.Cli.Evaluate;

/// <summary>A report on standard output: tables on a terminal, Markdown in a pipe, or JSON.</summary>
internal static class ReportDisplay
{
    /// <summary>A hundred rows of chapters would push everything else out of sight; files and page have them.</summary>
    private const string TooLong = "chapters";

    public static async Task WriteAsync(EvaluationReport report, TextWriter output, bool isJson)
    {
        if (isJson) { await output.WriteAsync(ReportJson.Write(report)); }
        else if (output != Console.Out || Console.IsOutputRedirected) { await output.WriteAsync(MarkdownReport.Write(report)); }
        else
        {
            foreach (var table in ReportTables.Of(report).Where(table => table.Id != TooLong)) { AnsiConsole.Write(Draw(table)); }
        }
    }

    internal static Table Draw(ReportTable table)
    {
        var drawn = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(table.Title));
        for (var i = 0; i < table.Columns.Count; i++)
        {
            drawn.AddColumn(new TableColumn(Markup.Escape(table.Columns[i])) { Alignment = i < table.TextColumns ? Justify.Left : Justify.Right });
        }

        foreach (var row in table.Rows) { drawn.AddRow([.. row.Select(Markup.Escape)]); }
        return drawn;
    }
}
