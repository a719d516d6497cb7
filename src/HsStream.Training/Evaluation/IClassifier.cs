using HsStream.Training.Datasets.Import;
using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation;

/// <summary>A model that can be asked; the evaluation does not care what is inside.</summary>
public interface IClassifier : IDisposable
{
    /// <summary>What the reports call it, such as its architecture.</summary>
    string Name { get; }

    /// <summary>Hash of the bundle; empty for a model without one.</summary>
    string ModelVersion { get; }

    /// <summary>The model's answers beside the rows' true codes, in the order of the rows.</summary>
    IReadOnlyList<EvaluatedRow> Answer(IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken);

    /// <summary>What it costs to serve texts like these; null where that cannot be measured.</summary>
    ServingCost? MeasureCost(IReadOnlyList<string> texts, CancellationToken cancellationToken);
}

/// <summary>Makes models of rows.</summary>
public interface IModelMaker
{
    /// <param name="architecture">By name; the maker knows which there are.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    MadeModel Make(string architecture, IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken);
}

/// <param name="Classifier">Owned by whoever asked for the model.</param>
/// <param name="TrainingTime">Wall time from rows to bundle, calibration included.</param>
/// <param name="TrainingCpu">Processor time of the same.</param>
/// <param name="Epochs">Rounds through the data.</param>
public sealed record MadeModel(IClassifier Classifier, TimeSpan TrainingTime, TimeSpan TrainingCpu, int Epochs) : IDisposable
{
    public void Dispose() => Classifier.Dispose();
}
