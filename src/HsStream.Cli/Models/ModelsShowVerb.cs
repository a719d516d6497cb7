using System.CommandLine;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Store.Reading;

namespace HsStream.Cli.Models;

/// <summary><c>hsstream models show</c>: what a model is, what it was trained on, and everything that happened to it.</summary>
internal static class ModelsShowVerb
{
    public static Command Describe()
    {
        var version = new Argument<string>("VERSION") { Description = "First digits of a version." };
        var connection = new ConnectionFlags();
        var json = CommonOptions.Json("Print one JSON object.");
        var verb = new Command("show", "Show a model's facts and its history.") { version, json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            await using var store = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var model = await ModelNames.FindAsync(store.Queries, parsed.GetValue(version)!, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonLine.Write(Json(model)));
                return 0;
            }

            var facts = new Listing("what", "value");
            foreach (var (name, value) in Facts(model)) { facts.Add(name, value); }
            await facts.WriteAsync(output, isJson: false);
            var history = new Listing("event", "at", "what", "by", "reason", "evidence");
            foreach (var step in model.History.Select(ModelStep.Of).OfType<ModelStep>()) { history.Add(step.Sequence, Instant.Write(step.At), step.What, step.By, step.Reason, step.Evidence); }
            await history.WriteAsync(output, isJson: false);
            return 0;
        });
        return verb;
    }

    /// <summary>Facts of the ledger alone, so that they can be told when the bundle is long gone.</summary>
    internal static IEnumerable<(string Name, JsonNode? Value)> Facts(ModelRecord model)
    {
        yield return ("version", model.Version);
        yield return ("stage", ModelStep.Word(model.State.Stage));
        if (model.State.Facts is not { } facts) { yield break; }
        yield return ("architecture", facts.Architecture);
        yield return ("edition", facts.Edition.Name);
        yield return ("encoder", facts.EncoderHash);
        foreach (var (name, value) in facts.Training.OrderBy(fact => fact.Key, StringComparer.Ordinal)) { yield return (name, value); }
        foreach (var (name, value) in facts.Metrics.OrderBy(fact => fact.Key, StringComparer.Ordinal)) { yield return (name, value); }
    }

    private static JsonObject Json(ModelRecord model)
    {
        var json = new JsonObject(Facts(model).Select(fact => KeyValuePair.Create(fact.Name, fact.Value)));
        json["history"] = new JsonArray([.. model.History.Select(ModelStep.Of).OfType<ModelStep>().Select(step => new JsonObject
        {
            ["event"] = step.Sequence,
            ["at"] = Instant.Write(step.At),
            ["what"] = step.What,
            ["by"] = step.By,
            ["reason"] = step.Reason,
            ["evidence"] = step.Evidence,
        })]);
        return json;
    }
}
