using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Metrics;
using HsStream.Training.Evaluation.Prequential;

namespace HsStream.Training.Evaluation;

/// <summary>Everything that one run of the evaluation found out.</summary>
/// <param name="Title">What was evaluated, for people.</param>
/// <param name="Command">How to get the same figures again; empty when it is not known.</param>
/// <param name="CodeCommit">Of the program that ran.</param>
/// <param name="Parts">The first is the main one.</param>
/// <param name="Prequential">Null when the stream was not gone through.</param>
public sealed record EvaluationReport(
    string Title, string Command, string CodeCommit, MachineFacts Machine, DataFacts Data, long Seed,
    IReadOnlyList<PartResult> Parts, PrequentialResult? Prequential)
{
    public const int CurrentFormat = 1;

    public int FormatVersion { get; init; } = CurrentFormat;
}

/// <param name="Source">File, as it was named.</param>
/// <param name="Rows">That could be used.</param>
/// <param name="Rejected">That could not.</param>
/// <param name="TextForm">Whether the models saw the texts as they are or normalised.</param>
public sealed record DataFacts(string Source, string Edition, long Rows, long Rejected, int Codes, string TextForm);

/// <summary>One division of the data into rows to learn from and rows to be asked about.</summary>
/// <param name="Name">Short: split, later, given, as-is.</param>
/// <param name="TrainRows">0 when the model was made before.</param>
/// <param name="UnseenCodeShare">Test rows whose code no training row has; null when the training rows are not at hand.</param>
/// <param name="Models">The first is the main one; the others are compared with it.</param>
/// <param name="Failures">Architectures that could not be compared, and why.</param>
public sealed record PartResult(
    string Name, string Method, int TrainRows, int TestRows, double? UnseenCodeShare, IReadOnlyList<ModelResult> Models, IReadOnlyList<FailedModel>? Failures = null);

/// <param name="Reason">In words.</param>
public sealed record FailedModel(string Name, string Reason);

/// <param name="Training">Null when the model was made before.</param>
/// <param name="Serving">Null when it was not measured.</param>
public sealed record ModelResult(string Name, string ModelVersion, EvaluationMetrics Metrics, TrainingCost? Training, ServingCost? Serving);

/// <param name="Seconds">Wall time from rows to bundle, calibration included.</param>
/// <param name="CpuSeconds">Processor time of the same.</param>
/// <param name="Epochs">Rounds through the data; null in reports of before they were told.</param>
public sealed record TrainingCost(double Seconds, double CpuSeconds, int? Epochs = null);
