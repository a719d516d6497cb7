using System.Globalization;
using HsStream.Training.Modelling;
using Spectre.Console;

namespace HsStream.Cli.Train;

/// <summary>Shows a build: a bar for each run on a terminal, a line for each epoch in a pipe.</summary>
internal static class TrainingDisplay
{
    private static string NameOf(ModelProgress progress) => progress.Phase switch
    {
        ModelPhase.FirstRun => progress.Runs == 1 ? "first run, to calibrate" : $"run {progress.Run + 1} of {progress.Runs}, to calibrate",
        ModelPhase.Calibration => "calibrating",
        ModelPhase.FinalRun => "final run, on everything",
        _ => "writing the bundle",
    };

    /// <param name="errors">Where progress goes; bars only when it is the terminal itself.</param>
    public static T Run<T>(TextWriter errors, Func<IProgress<ModelProgress>, T> work)
    {
        if (errors != Console.Error || Console.IsErrorRedirected) { return work(new Lines(errors)); }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bars(context)));
    }

    private static string Describe(ModelProgress progress) => progress.Training is { } training
        ? string.Create(CultureInfo.InvariantCulture, $"{NameOf(progress)}: epoch {training.Epoch}/{training.Epochs}, loss {training.Loss:0.000}, {training.RowsPerSecond:0} rows/s")
        : NameOf(progress);

    private sealed class Lines(TextWriter errors) : IProgress<ModelProgress>
    {
        private (ModelPhase Phase, int Run, int Epoch)? _last;
        private ModelProgress? _shown;

        public void Report(ModelProgress value)
        {
            // The last step of an epoch tells its loss; it is known when the next one begins.
            var now = (value.Phase, value.Run, value.Training?.Epoch ?? 0);
            if (_last is not null && _last != now && _shown!.Training is not null) { errors.WriteLine(Describe(_shown)); }
            if (value.Training is null) { errors.WriteLine(Describe(value)); }
            (_last, _shown) = (now, value);
        }
    }

    private sealed class Bars(ProgressContext context) : IProgress<ModelProgress>
    {
        private readonly Dictionary<(ModelPhase Phase, int Run), ProgressTask> _tasks = [];

        public void Report(ModelProgress value)
        {
            if (!_tasks.TryGetValue((value.Phase, value.Run), out var task))
            {
                foreach (var earlier in _tasks.Values) { earlier.Value = earlier.MaxValue; }
                task = context.AddTask(NameOf(value), maxValue: value.Training?.Steps ?? 1);
                task.IsIndeterminate = value.Training is null;
                _tasks.Add((value.Phase, value.Run), task);
            }

            if (value.Training is { } training)
            {
                task.Value = training.Step;
                task.Description = Markup.Escape(Describe(value));
            }
        }
    }
}
