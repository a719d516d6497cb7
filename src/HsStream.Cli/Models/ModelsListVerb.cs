using System.CommandLine;
using HsStream.Cli.Connect;

namespace HsStream.Cli.Models;

/// <summary><c>hsstream models list</c>: every model that the ledger knows, with its stage.</summary>
internal static class ModelsListVerb
{
    public static Command Describe()
    {
        var connection = new ConnectionFlags();
        var json = CommonOptions.Json("One JSON object a model.");
        var verb = new Command("list", "List the models of the ledger, in the order in which they were registered.") { json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            await using var store = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var listing = new Listing("version", "stage", "architecture", "edition", "since", "by", "reason", "heldOutHs6");
            foreach (var model in await store.Queries.ModelsAsync(cancellationToken))
            {
                var last = model.History.Select(ModelStep.Of).LastOrDefault(step => step is { IsOrder: true });
                listing.Add(
                    model.Version, ModelStep.Word(model.State.Stage), model.State.Facts?.Architecture, model.State.Facts?.Edition.Name, last is null ? null : Instant.Write(last.At), last?.By, last?.Reason,
                    model.State.Facts?.Metrics.TryGetValue("held_out_hs6_top1", out var top1) == true ? top1 : null);
            }

            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            if (listing.Count == 0) { await parsed.InvocationConfiguration.Error.WriteLineAsync("no model is registered; hsstream models register VERSION --by NAME --reason TEXT adds one"); }
            return 0;
        });
        return verb;
    }
}
