using HsStream.Training.Datasets.Import;
using HsStream.Training.Datasets.Splits;
using HsStream.Training.Evaluation.Metrics;
using HsStream.Training.Evaluation.Prequential;

namespace HsStream.Training.Evaluation;

/// <summary>What is to be evaluated.</summary>
/// <param name="Architectures">The first is the main model, evaluated on every part and on the stream; the others on the first part only.</param>
/// <param name="Parts">Name and division; may be empty when <paramref name="Stream"/> is not.</param>
/// <param name="Stream">Rows to go through in order; null leaves that out.</param>
/// <param name="Blocks">Of the stream, the first of which only teaches.</param>
public sealed record EvaluationPlan(
    IReadOnlyList<string> Architectures, IReadOnlyList<(string Name, DatasetSplit Split)> Parts, IReadOnlyList<LabelledDescription>? Stream, int Blocks, long Seed);

/// <summary>Makes the models of a plan one after the other and measures each.</summary>
public sealed class Evaluator(IModelMaker maker)
{
    /// <summary>Told what comes next, in words.</summary>
    public Action<string>? Progress { get; init; }

    public (IReadOnlyList<PartResult> Parts, PrequentialResult? Prequential) Run(EvaluationPlan plan, CancellationToken cancellationToken)
    {
        var parts = plan.Parts.Select((part, i) => RunPart(
            part.Name, part.Split, i == 0 ? plan.Architectures : [plan.Architectures[0]], plan.Seed, cancellationToken)).ToList();
        var prequential = plan.Stream is null ? null : new PrequentialRun(maker, plan.Architectures[0], plan.Blocks, plan.Seed)
        {
            BlockStarts = (block, blocks, rows) => Progress?.Invoke($"stream, block {block} of {blocks}: learning from {rows} rows"),
        }.Run(plan.Stream, cancellationToken);
        return (parts, prequential);
    }

    /// <summary>Asks a model that was made before.</summary>
    /// <param name="train">Rows that it may not have seen the codes of; null when they are not at hand.</param>
    public static PartResult Ask(
        IClassifier classifier, string name, string method, IReadOnlyList<LabelledDescription> test, IReadOnlyList<LabelledDescription>? train, long seed, CancellationToken cancellationToken) =>
        new(name, method, train?.Count ?? 0, test.Count, train is null ? null : UnseenCodes(train, test), [Measure(classifier, classifier.Name, test, null, seed, cancellationToken)]);

    private PartResult RunPart(string name, DatasetSplit split, IReadOnlyList<string> architectures, long seed, CancellationToken cancellationToken)
    {
        if (split.Train.Count == 0 || split.Test.Count == 0)
        {
            throw new ArgumentException($"Expected rows to learn from and rows to ask about, got {split.Train.Count} and {split.Test.Count} ({name}: {split.Method}).");
        }

        List<ModelResult> models = [Compare(name, architectures[0], split, seed, cancellationToken)];
        var failures = new List<FailedModel>();
        foreach (var architecture in architectures.Skip(1))
        {
            try
            {
                models.Add(Compare(name, architecture, split, seed, cancellationToken));
            }
#pragma warning disable CA1031 // Whatever one architecture stumbles over, hours of the others are not thrown away; the report says it.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                Progress?.Invoke($"{name}: {architecture} failed: {e.Message}");
                failures.Add(new FailedModel(architecture, e.Message));
            }
        }

        return new PartResult(name, split.Method, split.Train.Count, split.Test.Count, UnseenCodes(split.Train, split.Test), models, failures);
    }

    private ModelResult Compare(string name, string architecture, DatasetSplit split, long seed, CancellationToken cancellationToken)
    {
        Progress?.Invoke($"{name}: {architecture} learns from {split.Train.Count} rows");
        using var made = maker.Make(architecture, split.Train, cancellationToken);
        Progress?.Invoke($"{name}: {architecture} answers {split.Test.Count} rows");
        var training = new TrainingCost(made.TrainingTime.TotalSeconds, made.TrainingCpu.TotalSeconds, made.Epochs);
        return Measure(made.Classifier, architecture, split.Test, training, seed, cancellationToken);
    }

    private static ModelResult Measure(
        IClassifier classifier, string name, IReadOnlyList<LabelledDescription> test, TrainingCost? training, long seed, CancellationToken cancellationToken)
    {
        var metrics = EvaluationMetrics.Of(classifier.Answer(test, cancellationToken), seed);
        return new ModelResult(name, classifier.ModelVersion, metrics, training, classifier.MeasureCost([.. test.Select(row => row.Text)], cancellationToken));
    }

    private static double UnseenCodes(IReadOnlyList<LabelledDescription> train, IReadOnlyList<LabelledDescription> test)
    {
        var known = train.Select(row => row.Code).ToHashSet();
        return Share.Of(test, row => !known.Contains(row.Code));
    }
}
