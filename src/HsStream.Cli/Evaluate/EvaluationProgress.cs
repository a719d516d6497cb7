using System.Globalization;
using HsStream.Training.Modelling;

namespace HsStream.Cli.Evaluate;

/// <summary>Says what is being done: a line for each step, and now and then how far a run of training is.</summary>
internal sealed class EvaluationProgress(TextWriter errors, TimeProvider clock) : IProgress<ModelProgress>
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(15);

    private readonly long _start = clock.GetTimestamp();
    private long _last = clock.GetTimestamp();

    public void Say(string what)
    {
        errors.WriteLine($"{clock.GetElapsedTime(_start):hh\\:mm\\:ss} {what}");
        _last = clock.GetTimestamp();
    }

    public void Report(ModelProgress value)
    {
        if (value.Training is not { } training || clock.GetElapsedTime(_last) < BetweenLines) { return; }
        var run = value.Phase == ModelPhase.FirstRun ? $"run {value.Run + 1} of {value.Runs} to calibrate" : "final run";
        Say(string.Create(CultureInfo.InvariantCulture, $"  {run}: epoch {training.Epoch} of {training.Epochs}, {training.RowsPerSecond:0} rows/s"));
    }
}
