using HsStream.Training.Datasets.Splits;
using HsStream.Training.Evaluation;
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
    public void A_part_without_rows_to_ask_about_is_refused()
    {
        var plan = new EvaluationPlan(["a"], [("split", new DatasetSplit("by hand", TableMaker.Rows(("lamp", "940520")), []))], null, 8, 1);
        Assert.Throws<ArgumentException>(() => new Evaluator(new TableMaker()).Run(plan, TestContext.Current.CancellationToken));
    }
}
