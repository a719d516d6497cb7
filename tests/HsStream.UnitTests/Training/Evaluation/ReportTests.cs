using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using HsStream.Training.Evaluation;
using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Metrics;
using HsStream.Training.Evaluation.Reports;
using HsStream.Training.Evaluation.Reports.Plots;
using Xunit;
using static HsStream.UnitTests.Training.Evaluation.Answers;

namespace HsStream.UnitTests.Training.Evaluation;

public sealed partial class ReportTests
{
    [Fact]
    public void The_JSON_reads_back_as_the_same_report()
    {
        var json = ReportJson.Write(Report());
        Assert.Equal(json, ReportJson.Write(ReportJson.Read(json)));
        Assert.Contains("\"chapter\": \"94\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_figure_of_the_accuracy_table_is_the_one_that_was_measured()
    {
        var report = Report();
        var accuracy = report.Parts[0].Models[0].Metrics.Accuracy;
        var table = ReportTables.Of(report)[0];
        Assert.Equal(["deduplicated split", "stream, model", "stream, with memory"], table.Rows.Select(row => row[0]));
        Assert.Equal(accuracy.Subheading.Top1, double.Parse(table.Rows[0][2], CultureInfo.InvariantCulture), 3);
        Assert.Equal(accuracy.Heading.Top1, double.Parse(table.Rows[0][6], CultureInfo.InvariantCulture), 3);
        Assert.Equal(accuracy.MacroF1, double.Parse(table.Rows[0][^1], CultureInfo.InvariantCulture), 3);
        Assert.All(ReportTables.Of(report), t => Assert.All(t.Rows, row => Assert.Equal(t.Columns.Count, row.Count)));
    }

    [Fact]
    public void The_Markdown_has_every_table_and_every_row()
    {
        var report = Report();
        var lines = MarkdownReport.Write(report).Split('\n');
        foreach (var table in ReportTables.Of(report))
        {
            Assert.Contains($"## {table.Title}", lines);
            Assert.All(table.Rows, row => Assert.Contains($"| {string.Join(" | ", row)} |", lines));
        }
    }

    [Fact]
    public void The_page_stands_alone_and_its_pictures_are_sound()
    {
        var page = HtmlReport.Write(Report() with { Title = "Of <nails> & \"screws\"" });
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<nails>", page, StringComparison.Ordinal);
        Assert.Contains("Of &lt;nails&gt; &amp;", page, StringComparison.Ordinal);
        var pictures = Pictures().Matches(page);
        Assert.True(pictures.Count >= 6, $"{pictures.Count} pictures");
        foreach (Match picture in pictures)
        {
            var numbers = XElement.Parse(picture.Value).Descendants().Attributes().Where(a => a.Name.LocalName is "x" or "y" or "cx" or "cy" or "width" or "height");
            Assert.All(numbers, number => Assert.True(double.IsFinite(double.Parse(number.Value, CultureInfo.InvariantCulture)), number.ToString()));
        }
    }

    [Fact]
    public void A_point_is_drawn_where_its_figures_say()
    {
        var chart = new Chart("test", Axis.Shares("x"), Axis.Shares("y", 0.5), 500, 360);
        Assert.True(chart.X(0) < chart.X(0.5) && chart.X(0.5) < chart.X(1));
        Assert.True(chart.Y(1) < chart.Y(0.75) && chart.Y(0.75) < chart.Y(0.5));
        Assert.Equal((chart.X(0) + chart.X(1)) / 2, chart.X(0.5), 9);
        Assert.Equal(6, Axis.Shares("y", 0.5).Ticks.Count);
        Assert.Equal(1, Axis.Shares("y", 0.5).Ticks[^1], 9);
        Assert.Equal([0.0, 10_000, 20_000, 30_000, 40_000, 50_000], Axis.Whole("rows", 51_524).Ticks);
    }

    [Fact]
    public void A_report_of_a_model_without_decisions_sets_and_cost_can_be_written()
    {
        var rows = new[] { Row("940180", ""), Row("940161", "940180") };
        var metrics = EvaluationMetrics.Of(rows, 1);
        var report = Report() with { Parts = [new PartResult("given", "by hand", 0, 2, null, [new ModelResult("other", "", metrics, null, null)])], Prequential = null };
        Assert.Contains("given test rows", MarkdownReport.Write(report), StringComparison.Ordinal);
        Assert.Contains("</html>", HtmlReport.Write(report), StringComparison.Ordinal);
        Assert.Equal(ReportJson.Write(report), ReportJson.Write(ReportJson.Read(ReportJson.Write(report))));
    }

    private static EvaluationReport Report()
    {
        string[] codes = ["940180", "940161", "392410", "950300", "610510"];
        var rows = Enumerable.Range(0, 300).Select(i => Row(
            codes[i % 5], i % 4 == 0 ? $"{codes[(i + 1) % 5]}:0.5 {codes[i % 5]}:0.3" : $"{codes[i % 5]}:0.{i % 9 + 1}", i % 10 / 10f + 0.05f, Sets((i % 7) + 1, i % 10 != 0))).ToList();
        var metrics = EvaluationMetrics.Of(rows, 1);
        var serving = new ServingCost(6_000_000, 17_000_000, 15_000_000, 55, 18_000, 33_000, 2, new Latency(0.08, 0.2, 5000), new Latency(3, 5, 900));
        var stream = TableMaker.Rows([.. Enumerable.Range(0, 60).Select(i => ($"goods {"abcdefg"[i * i % 7]}", codes[i % 5]))]);
        var (_, prequential) = new Evaluator(new TableMaker()).Run(
            new EvaluationPlan(["table"], [], stream, 4, 1), TestContext.Current.CancellationToken);
        return new EvaluationReport(
            "Evaluation on made-up rows", "make evaluate", "0123abc", new MachineFacts("a processor", 2, 8_000_000_000, "Linux", ".NET", "2026-01-01"),
            new DataFacts("rows.csv", "HS2017", 3000, 12, 5, "normalised"), 1,
            [new PartResult("split", "by hand", 2700, 300, 0.01, [
                new ModelResult("bag", "sha256:1", metrics, new TrainingCost(150, 280), serving),
                new ModelResult("linear", "sha256:2", metrics, new TrainingCost(90, 170), null),
            ])],
            prequential);
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Pictures();
}
