using HsStream.Training.Datasets.Splits;
using HsStream.Training.Evaluation;
using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Reports;
using Xunit;

namespace HsStream.UnitTests.Training.Evaluation;

public sealed class EvaluatorTests
{
    [Fact]
    public void Every_architecture_answers_the_first_part_and_the_first_one_the_others()
    {
        var maker = new TableMaker();
        var train = TableMaker.Rows(("lamp", "940520"), ("lamp two", "940520"), ("cup", "392410"));
        var test = TableMaker.Rows(("big lamp", "940520"), ("hose", "391739"));
        var plan = new EvaluationPlan(["a", "b"], [("split", new DatasetSplit("by hand", train, test)), ("later", new DatasetSplit("by hand", test, train))], null, 8, 1);

        var (parts, prequential) = new Evaluator(maker).Run(plan, TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b", "a"], maker.Made.Select(made => made.Architecture));
        Assert.Equal([train, train, test], maker.Made.Select(made => made.Rows));
        Assert.Equal([test, test, train], maker.Asked);
        Assert.Equal(3, maker.Disposed);
        Assert.Null(prequential);
        Assert.Equal((3, 2, 0.5), (parts[0].TrainRows, parts[0].TestRows, parts[0].UnseenCodeShare));
        Assert.Equal(0.5, parts[0].Models[1].Metrics.Accuracy.Subheading.Top1);
        Assert.Equal((2.0, 3.0), (parts[0].Models[0].Training!.Seconds, parts[0].Models[0].Training!.CpuSeconds));
    }

    [Fact]
    public void An_architecture_that_fails_is_a_row_of_the_table_and_the_others_go_on()
    {
        var train = TableMaker.Rows(("lamp", "940520"), ("cup", "392410"));
        var maker = new TableMaker();
        var (parts, _) = new Evaluator(maker).Run(
            new EvaluationPlan(["a", "broken", "b"], [("split", new DatasetSplit("by hand", train, train))], null, 8, 1), TestContext.Current.CancellationToken);
        Assert.Equal(["a", "b"], parts[0].Models.Select(model => model.Name));
        Assert.Equal([new FailedModel("broken", "it has too many weights")], parts[0].Failures!);
        var report = new EvaluationReport(
            "t", "", "", new MachineFacts("cpu", 2, 1, "os", ".NET", "2026-01-01"), new DataFacts("f", "HS2022", 2, 0, 2, "as they are"), 1, parts, null);
        var table = ReportTables.Of(report).Single(table => table.Id == "architectures");
        Assert.Equal(["a", "b", "broken"], table.Rows.Select(row => row[0]));
        Assert.Equal("failed: it has too many weights", table.Rows[2][1]);
        Assert.All(table.Rows, row => Assert.Equal(table.Columns.Count, row.Count));

        // Without the main model there is nothing to compare with.
        Assert.Throws<InvalidOperationException>(() => new Evaluator(maker).Run(
            new EvaluationPlan(["broken", "a"], [("split", new DatasetSplit("by hand", train, train))], null, 8, 1), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_part_without_rows_to_ask_about_is_refused()
    {
        var plan = new EvaluationPlan(["a"], [("split", new DatasetSplit("by hand", TableMaker.Rows(("lamp", "940520")), []))], null, 8, 1);
        Assert.Throws<ArgumentException>(() => new Evaluator(new TableMaker()).Run(plan, TestContext.Current.CancellationToken));
    }
}
