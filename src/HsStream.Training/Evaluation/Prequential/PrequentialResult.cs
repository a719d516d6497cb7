using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation.Prequential;

/// <summary>A stream that was predicted before it was learnt.</summary>
/// <param name="WarmUpRows">Rows of the first block, which nothing is predicted for.</param>
/// <param name="Model">Figures of the model alone on all other rows.</param>
/// <param name="WithMemory">The model, and for texts that came before their prevailing code.</param>
/// <param name="KnownShare">Rows whose very text came before.</param>
/// <param name="MemoryAccuracy">Of those, the share whose prevailing code is right; null when there are none.</param>
public sealed record PrequentialResult(
    string Architecture, int WarmUpRows, EvaluationMetrics Model, Accuracy WithMemory, double KnownShare, double? MemoryAccuracy, IReadOnlyList<PrequentialBlock> Blocks);

/// <param name="FirstRow">In stream order, from 0.</param>
/// <param name="TrainedRows">Rows before the block, which its model was made of.</param>
/// <param name="UnseenCodeShare">Rows whose code never came before the block: a model cannot get these right.</param>
public sealed record PrequentialBlock(
    int FirstRow, int Rows, int TrainedRows, double TrainingSeconds, double UnseenCodeShare, double KnownShare,
    double ModelSubheading, double ModelHeading, double WithMemorySubheading, double WithMemoryHeading);
