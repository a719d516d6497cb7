using System.CommandLine;
using System.Globalization;
using HsStream.Cli.Connect;
using HsStream.Cli.Replay;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Messages;

namespace HsStream.Cli.Erase;

/// <summary><c>hsstream erase</c>: takes a description's text out of the ledger for ever; the chain stays valid.</summary>
internal static class EraseVerb
{
    public static Command Describe()
    {
        var id = new Argument<string>("ID") { Description = "The description's id." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be erased, erase nothing." };
        var mandate = new MandateFlags();
        var connection = new ConnectionFlags();
        var verb = new Command("erase", "Erase the texts of a description: all revisions, with source, declared code, attributes and the bytes of its dead letters. Decisions stay, as does the chain.") { id, dryRun };
        mandate.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var order = mandate.Read(parsed);
            var description = parsed.GetValue(id)!;
            await using var store = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var timeline = await DecisionsOf.TimelineAsync(store.Queries, description, cancellationToken);
            var texts = timeline.Events.Count(stored => stored.Data is ClassificationEvent.GoodsDescribed { Goods: not null } or RecordEvent.DeadLettered { Content: not null });
            if (parsed.GetValue(dryRun))
            {
                await output.WriteLineAsync(texts == 0 ? $"{description} has no text in the ledger any more" : string.Create(CultureInfo.InvariantCulture, $"would erase {texts} texts of {description}"));
                return 0;
            }

            var erased = await LedgerAccess.OrderAsync(() => store.Records.EraseTextAsync(description, order, cancellationToken));
            await output.WriteLineAsync(erased == 0 ? $"{description} has no text in the ledger any more" : string.Create(CultureInfo.InvariantCulture, $"erased {erased} texts of {description}"));
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"Kafka keeps its own copies in {Topics.Descriptions} and {Topics.DeadLetters} until their retention ends");
            return 0;
        });
        return verb;
    }
}
