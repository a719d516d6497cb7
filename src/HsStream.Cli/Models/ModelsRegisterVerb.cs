using System.CommandLine;
using HsStream.Cli.Connect;
using HsStream.Cli.Model;
using HsStream.Scoring.Onnx;

namespace HsStream.Cli.Models;

/// <summary><c>hsstream models register</c>: makes a trained bundle a candidate.</summary>
internal static class ModelsRegisterVerb
{
    public static Command Describe()
    {
        var bundle = new Argument<string>("DIR|VERSION") { Description = "Folder of a bundle, which is copied into the store, or the first digits of a version there." };
        var models = new Option<string?>("--models") { Description = "Folder of the models; default: that of the running hsstream up, else models/ in the data directory.", HelpName = "DIR" };
        var mandate = new MandateFlags();
        var connection = new ConnectionFlags();
        var verb = new Command("register", "Register a trained model as a candidate.") { bundle, models };
        mandate.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var order = mandate.Read(parsed);
            var store = BundlePlace.Store(parsed.GetValue(models), connection.DataDirectory(parsed));
            var found = ModelFlags.Open(store, parsed.GetValue(bundle)!, "the model");
            // What the scorers could not load is refused here, not when it is promoted.
            HsModel.Load(found, new ScoringOptions()).Dispose();
            if (!store.Contains(found.ModelVersion)) { store.Import(found.Directory); }
            await using var ledger = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var isNew = await LedgerAccess.OrderAsync(() => ledger.Models.RegisterAsync(BundleFacts.Of(found.Manifest), order, cancellationToken));
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{found.ModelVersion} {(isNew ? "is registered as a candidate" : "was registered already")}");
            return 0;
        });
        return verb;
    }
}
