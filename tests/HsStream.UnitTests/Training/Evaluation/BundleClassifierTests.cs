using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Evaluation;
using HsStream.UnitTests.Scoring.Onnx;
using Xunit;

namespace HsStream.UnitTests.Training.Evaluation;

public sealed class BundleClassifierTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Answers_are_those_of_the_served_model_beside_the_truth()
    {
        using var classifier = Classifier();
        using var model = _tiny.Load();
        using var scorer = model.CreateScorer();
        var rows = Rows(700);
        var answers = classifier.Answer(rows, TestContext.Current.CancellationToken);
        Assert.Equal(rows.Count, answers.Count);
        for (var i = 0; i < rows.Count; i += 37)
        {
            var served = scorer.Score(rows[i].Text);
            Assert.Equal(rows[i].Code, answers[i].Truth);
            Assert.Equal(served.Subheadings, answers[i].Ranking);
            Assert.Equal(served.Decision, answers[i].Decision);
            Assert.Equal((served.Sets!.Subheadings.Size, served.Sets.Subheadings.Codes.Contains(rows[i].Code)), (answers[i].Sets!.Subheading.Size, answers[i].Sets!.Subheading.IsCovered));
        }

        var part = Evaluator.Ask(classifier, "as-is", "all rows", rows, null, 1, TestContext.Current.CancellationToken);
        Assert.Equal(1, part.Models[0].Metrics.Accuracy.Subheading.Top1);
        Assert.Null(part.UnseenCodeShare);
        Assert.Equal(answers.Count(a => a.Decision!.Outcome == Outcome.Auto) / 700.0, part.Models[0].Metrics.Decisions!.AutoShare, 12);
    }

    [Fact]
    public void Costs_are_those_of_this_bundle()
    {
        using var classifier = Classifier();
        var cost = classifier.MeasureCost([.. Rows(100).Select(row => row.Text)], TestContext.Current.CancellationToken)!;
        Assert.Equal(classifier.Manifest.Files.Sum(file => file.Size) + classifier.Manifest.ToJson().Length, cost.BundleBytes);
        Assert.Equal(classifier.Manifest.Files.Single(file => file.Name == "model.onnx").Size, cost.ModelBytes);
        Assert.InRange(cost.Parameters, 1, cost.ModelBytes);
        Assert.True(cost is { CpuSecondsPerMillion: > 0, OneThread: > 0, AllCores: > 0 });
        Assert.True(cost.Batch1 is { P50: > 0, Samples: > 0 } && cost.Batch1.P99 >= cost.Batch1.P50);
        Assert.True(cost.Batch64.P50 > cost.Batch1.P50);
    }

    [Fact]
    public void A_cancelled_measurement_ends()
    {
        using var classifier = Classifier();
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.Answer(Rows(10), new CancellationToken(canceled: true)));
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.MeasureCost(["bicycle"], new CancellationToken(canceled: true)));
    }

    private BundleClassifier Classifier() => new(_tiny.Write(TinyModel.Files(), TinyModel.Manifest(TinyModel.Encoder)), 0.9, TimeSpan.Zero);

    private static List<LabelledDescription> Rows(int count) =>
        [.. Enumerable.Range(0, count).Select(i => TinyModel.Lines[i % TinyModel.Lines.Length]).Select((line, i) => new LabelledDescription(line.Text, HsCode.Parse(line.Code), i + 1, null, null))];
}
