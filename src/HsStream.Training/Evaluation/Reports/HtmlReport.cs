using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Evaluation.Reports.Plots;
using static HsStream.Training.Evaluation.Reports.Plots.Svg;

namespace HsStream.Training.Evaluation.Reports;

/// <summary>The report as one page that needs nothing else: no script, no font, no network.</summary>
public static class HtmlReport
{
    public static string Write(EvaluationReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append($"<title>{Encode(report.Title)}</title>\n<style>\n{HtmlStyle.Sheet}\n</style>\n</head>\n<body>\n<main>\n");
        page.Append($"<header>\n<h1>{Encode(report.Title)}</h1>\n<dl>\n");
        foreach (var (term, text) in MarkdownReport.Facts(report)) { page.Append($"<dt>{Encode(term)}</dt><dd>{Code(text)}</dd>\n"); }
        page.Append("</dl>\n</header>\n");
        Tiles(page, report);
        Section(page, ReportTables.Accuracy(report));
        Confidence(page, report);
        Section(page, ReportTables.Architectures(report));
        Section(page, ReportTables.Cost(report));
        if (report.Prequential is { } stream)
        {
            Section(page, ReportTables.Stream(report), Legend(("a", "model"), ("b", "with memory"), ("c", "share of texts that came before")) + $"<figure>{StreamPlot.Draw(stream)}</figure>\n");
        }

        Chapters(page, report);
        page.Append("</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    /// <summary>The figures that decide, of the main model on the first part.</summary>
    private static void Tiles(StringBuilder page, EvaluationReport report)
    {
        var (name, metrics) = ReportTables.Metrics(report).First();
        var model = report.Parts.Count > 0 ? report.Parts[0].Models[0] : null;
        page.Append("<div class=\"tiles\">\n");
        Tile("HS6 top 1", Figures.Percent(metrics.Accuracy.Subheading.Top1), $"{Figures.Between(metrics.Intervals.Subheading)}");
        Tile("HS4 top 1", Figures.Percent(metrics.Accuracy.Heading.Top1), $"{Figures.Between(metrics.Intervals.Heading)}");
        Tile("Macro-F1", Figures.Share(metrics.Accuracy.MacroF1), $"over {metrics.Accuracy.Codes} codes");
        if (metrics.Decisions is { } decisions) { Tile("Decided alone", Figures.Percent(decisions.AutoShare), $"{Figures.Percent(decisions.AutoPrecision)} of it right"); }
        Tile("Calibration error", Figures.Share(metrics.Reliability.Error), "stated against true");
        if (metrics.Sets is [var set, ..]) { Tile($"{Figures.Number(100 * set.Promised, "0")}% sets cover", Figures.Percent(set.Covered), $"{Figures.Number(set.MeanSize, "0.0")} codes on average"); }
        if (model?.Serving is { } serving)
        {
            Tile("Bundle", Figures.Bytes(serving.BundleBytes), $"{Figures.Count(serving.Parameters)} parameters");
            Tile("Descriptions/s", Figures.Whole(serving.AllCores), $"one process, {serving.Cores} cores");
        }

        page.Append($"</div>\n<p class=\"under\">{Encode(name)}, {Figures.Whole(metrics.Accuracy.Rows)} rows</p>\n");

        void Tile(string title, string value, string note) =>
            page.Append($"<div><h3>{Encode(title)}</h3><b>{Encode(value)}</b><span>{Encode(note)}</span></div>\n");
    }

    private static void Confidence(StringBuilder page, EvaluationReport report)
    {
        page.Append("<section id=\"confidence\">\n<h2>Confidence</h2>\n");
        page.Append(Legend(("a", "probability of the best code"), ("b", "chance by which decisions are made"), ("ring", "the model's own threshold")));
        foreach (var (name, metrics) in ReportTables.Metrics(report))
        {
            page.Append($"<h3>{Encode(name)}</h3>\n<div class=\"pair\">\n<figure>{ConfidencePlots.Reliability(metrics)}<figcaption>Reliability: on the dashed line, what is stated comes true.</figcaption></figure>\n");
            page.Append($"<figure>{ConfidencePlots.PrecisionCoverage(metrics)}<figcaption>Precision and coverage; the dashed line is 90%.</figcaption></figure>\n</div>\n");
        }

        page.Append("</section>\n");
        foreach (var table in new[] { ReportTables.Decisions(report), ReportTables.Sets(report), ReportTables.Calibration(report), ReportTables.Reasons(report) }) { Section(page, table); }
    }

    private static void Chapters(StringBuilder page, EvaluationReport report)
    {
        var nomenclature = HsNomenclature.Of(NomenclatureEdition.Parse(report.Data.Edition));
        var metrics = ReportTables.Metrics(report).First().Metrics;
        page.Append("<section id=\"confusion\">\n<h2>Chapters taken for others</h2>\n<p>The chapters with most rows: true ones down, predicted ones across, percent of the row.</p>\n");
        page.Append($"<figure class=\"wide\">{ChapterPlots.Heatmap(metrics.Confusion, nomenclature)}</figure>\n</section>\n");
        var table = ReportTables.Chapters(report);
        var bars = metrics.Chapters.Select(ChapterPlots.Bar).ToList();
        page.Append(SectionStart(table));
        page.Append(Legend(("level6", "right subheading"), ("level4", "right heading"), ("level2", "right chapter")));
        Table(page, table, bars);
        page.Append("</section>\n");
    }

    private static void Section(StringBuilder page, ReportTable table, string before = "")
    {
        if (table.Rows.Count == 0) { return; }
        page.Append(SectionStart(table));
        page.Append(before);
        Table(page, table, null);
        page.Append("</section>\n");
    }

    private static string SectionStart(ReportTable table) =>
        $"<section id=\"{table.Id}\">\n<h2>{Encode(table.Title)}</h2>\n{(table.Note.Length > 0 ? $"<p>{Encode(table.Note)}</p>\n" : "")}";

    /// <param name="bars">A picture for each row, behind the words; null for none.</param>
    private static void Table(StringBuilder page, ReportTable table, List<string>? bars)
    {
        page.Append("<div class=\"scroll\"><table>\n<thead><tr>");
        Cells("th", table.Columns, bars is null ? null : "");
        page.Append("</tr></thead>\n<tbody>\n");
        for (var row = 0; row < table.Rows.Count; row++)
        {
            page.Append("<tr>");
            Cells("td", table.Rows[row], bars?[row]);
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");

        void Cells(string tag, IReadOnlyList<string> cells, string? bar)
        {
            for (var i = 0; i < cells.Count; i++)
            {
                page.Append($"<{tag}{(i < table.TextColumns ? "" : " class=\"n\"")}>{Encode(cells[i])}</{tag}>");
                if (bar is not null && i == table.TextColumns - 1) { page.Append($"<{tag} class=\"bar\">{bar}</{tag}>"); }
            }
        }
    }

    private static string Legend(params (string Style, string Name)[] entries) =>
        $"<p class=\"legend\">{string.Concat(entries.Select(e => $"<span><i class=\"{e.Style}\"></i>{Encode(e.Name)}</span>"))}</p>\n";

    /// <summary>What stands between backticks is set as code.</summary>
    private static string Code(string text) =>
        string.Concat(text.Split('`').Select((part, i) => i % 2 == 1 ? $"<code>{Encode(part)}</code>" : Encode(part)));
}
