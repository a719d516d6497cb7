namespace HsStream.Training.Fitting;

/// <summary>Where a run stands.</summary>
/// <param name="Epoch">Running one, from 1.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps of the whole run, unless it stops early.</param>
/// <param name="Loss">Mean over the epoch so far.</param>
/// <param name="RowsPerSecond">Since this process began or resumed the run.</param>
/// <param name="Score">On the held-out part, once at the end of each epoch; else null.</param>
public sealed record TrainingProgress(int Epoch, int Epochs, long Step, long Steps, double Loss, double RowsPerSecond, HeldOutScore? Score);

/// <summary>An epoch that is over.</summary>
public sealed record EpochResult(int Epoch, double Loss, HeldOutScore? Score);

/// <summary>A run that is over; the network holds the weights of <paramref name="BestEpoch"/>.</summary>
/// <param name="BestEpoch">From 1; the last one when nothing was held out.</param>
public sealed record TrainingResult(IReadOnlyList<EpochResult> Epochs, int BestEpoch, bool StoppedEarly)
{
    public EpochResult Best => Epochs[BestEpoch - 1];
}
