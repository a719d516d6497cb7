using System.CommandLine;
using HsStream.Cli.Connect;

namespace HsStream.Cli.Models;

/// <summary><c>hsstream models rollback</c>: the champion before the champion of now serves again.</summary>
internal static class ModelsRollBackVerb
{
    public static Command Describe()
    {
        var mandate = new MandateFlags();
        var connection = new ConnectionFlags();
        var verb = new Command("rollback", "Bring back the champion before the champion of now, which is retired.");
        mandate.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var order = mandate.Read(parsed);
            await using var store = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var version = await LedgerAccess.OrderAsync(() => store.Models.RollBackAsync(order, cancellationToken));
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{version} is champion");
            return 0;
        });
        return verb;
    }
}
