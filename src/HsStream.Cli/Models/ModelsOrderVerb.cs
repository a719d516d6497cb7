using System.CommandLine;
using HsStream.Cli.Connect;
using HsStream.Domain.Ledger;
using HsStream.Store.Writing;

namespace HsStream.Cli.Models;

/// <summary>An order about one registered model: shadow, promote, retire.</summary>
internal static class ModelsOrderVerb
{
    /// <param name="give">False when it is so already.</param>
    /// <param name="outcome">What the model does or is from then on.</param>
    public static Command Describe(string name, string what, Func<ModelCommands, string, Mandate, CancellationToken, Task<bool>> give, string outcome)
    {
        var version = new Argument<string>("VERSION") { Description = "First digits of a version." };
        var mandate = new MandateFlags();
        var connection = new ConnectionFlags();
        var verb = new Command(name, what) { version };
        mandate.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var order = mandate.Read(parsed);
            await using var store = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var model = await ModelNames.FindAsync(store.Queries, parsed.GetValue(version)!, cancellationToken);
            var isNew = await LedgerAccess.OrderAsync(() => give(store.Models, model.Version, order, cancellationToken));
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{model.Version} {outcome}{(isNew ? "" : " already")}");
            return 0;
        });
        return verb;
    }
}
