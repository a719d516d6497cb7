using HsStream.Training.Fitting;

namespace HsStream.Training.Modelling;

/// <summary>What a build is doing.</summary>
public enum ModelPhase
{
    /// <summary>Learns from a part, to calibrate on the rest.</summary>
    FirstRun,
    Calibration,

    /// <summary>Learns from everything.</summary>
    FinalRun,
    Export,
}

/// <param name="Training">Where a run of training stands; null in the other phases.</param>
/// <param name="Run">Which of the phase's runs it is, from 0.</param>
public sealed record ModelProgress(ModelPhase Phase, TrainingProgress? Training, int Run = 0, int Runs = 1);
