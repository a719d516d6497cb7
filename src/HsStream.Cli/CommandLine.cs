using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;

namespace HsStream.Cli;

/// <summary>The verbs, and the edge where every failure becomes one line on standard error.</summary>
internal static class CommandLine
{
    /// <summary>The arguments cannot be understood; any other failure exits with 1.</summary>
    public const int UsageError = 2;

    public static Task<int> RunAsync(string[] arguments) => RunAsync(arguments, Console.Out, Console.Error);

    [SuppressMessage("Design", "CA1031", Justification = "The edge of the process: the operator gets a line, HSSTREAM_TRACE=1 the whole story.")]
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        var parsed = Describe().Parse(arguments.Length == 0 ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction)
        {
            var path = string.Join(' ', Path(parsed.CommandResult));
            await errors.WriteLineAsync($"hsstream: {OneLine(MostTelling(parsed.Errors))} (see {path} --help)");
            return UsageError;
        }

        try
        {
            // Each verb that runs for long handles signals itself; the others simply end.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            var story = Environment.GetEnvironmentVariable("HSSTREAM_TRACE") == "1" ? e.ToString() : OneLine(e.Message);
            await errors.WriteLineAsync($"hsstream: {story}");
            return 1;
        }
    }

    private static RootCommand Describe() => new("HsStream: predicts Harmonized System codes of shipped goods; on one machine it brings its broker, schema registry and PostgreSQL.")
    {
        Up.UpVerb.Describe(),
        Run.RunVerb.Describe(),
        Publish.PublishVerb.Describe(),
        Tail.TailVerb.Describe(),
        Status.StatusVerb.Describe(),
        Audit.AuditVerb.Describe(),
        Replay.ReplayVerb.Describe(),
        Backtest.BacktestVerb.Describe(),
        AsOf.AsOfVerb.Describe(),
        Verify.VerifyVerb.Describe(),
        Export.ExportVerb.Describe(),
        Erase.EraseVerb.Describe(),
        Models.ModelsVerbs.Describe(),
        DeadLetters.DeadLettersVerbs.Describe(),
        Broker.BrokerVerbs.Describe(),
        Dataset.DatasetVerbs.Describe(),
        Generate.GenerateVerb.Describe(),
        Nomenclature.NomenclatureVerbs.Describe(),
        Demo.DemoVerb.Describe(),
        Doctor.DoctorVerb.Describe(),
        Evaluate.EvaluateVerb.Describe(),
        Model.ModelVerbs.Describe(),
        Predict.PredictVerb.Describe(),
        Train.TrainVerb.Describe(),
        Tune.TuneVerb.Describe(),
    };

    private static IEnumerable<string> Path(CommandResult command) =>
        (command.Parent is CommandResult parent ? Path(parent) : []).Append(command.Command.Name);

    /// <summary>For an unknown verb the parser first complains that none was given.</summary>
    private static string MostTelling(IReadOnlyList<ParseError> errors) =>
        (errors.FirstOrDefault(e => !e.Message.StartsWith("Required command", StringComparison.Ordinal)) ?? errors[0]).Message.TrimEnd('.');

    private static string OneLine(string text) => string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
