using System.CommandLine;
using HsStream.Scoring.Onnx;

namespace HsStream.Cli.Model;

/// <summary><c>hsstream model verify</c>: every byte against the manifest, and whether the model loads and runs.</summary>
internal static class VerifyVerb
{
    public static Command Describe()
    {
        var flags = new ModelFlags();
        var verb = new Command("verify", "Check every byte of a model against its version, and that it loads and runs. Exits with 1 when it cannot be trusted.");
        flags.AddTo(verb, withModel: true);
        verb.SetAction(async (parsed, _) =>
        {
            using var model = flags.Load(parsed, new ScoringOptions());
            using var scorer = model.CreateScorer();
            scorer.Warmup();
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                $"{model.ModelVersion}: sound, {model.Bundle.Manifest.Files.Count + 1} files, {model.Labels.Count} codes of {model.Labels.Edition}, runs on {model.Provider} with ONNX Runtime {model.RuntimeVersion}");
            return 0;
        });
        return verb;
    }
}
