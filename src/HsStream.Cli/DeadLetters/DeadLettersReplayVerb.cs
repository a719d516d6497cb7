using System.CommandLine;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using HsStream.Cli.Connect;
using HsStream.Domain.Ledger;
using HsStream.Store;
using HsStream.Streaming.DeadLetters;

namespace HsStream.Cli.DeadLetters;

/// <summary><c>hsstream dead-letters replay</c>: sends dead letters to their topic again, after what killed them was mended.</summary>
/// <remarks>
/// Each is noted in the ledger, with who and why, before it is sent, and what is noted is not sent again without <c>--again</c>:
/// a failure in between leaves one that is noted and not sent, never one that is sent twice unnoticed.
/// </remarks>
internal static class DeadLettersReplayVerb
{
    private const string ByHeader = "hs_replayed_by";
    private const string WhyHeader = "hs_replayed_why";
    private const string FromHeader = "hs_replayed_from";

    public static Command Describe()
    {
        var ids = new Argument<string[]>("ID") { Description = "PARTITION@OFFSET as in the list; else --all or a filter.", Arity = ArgumentArity.ZeroOrMore };
        var filter = new LetterFilter();
        var all = new Option<bool>("--all") { Description = "Every dead letter that was not replayed." };
        var again = new Option<bool>("--again") { Description = "Also those that were replayed before." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be sent, send nothing." };
        var json = CommonOptions.Json("One JSON object a dead letter.");
        var mandate = new MandateFlags("--why");
        var connection = new ConnectionFlags();
        var verb = new Command("replay", "Send dead letters to their topic of origin again; each once, unless --again.") { ids, all };
        filter.AddTo(verb);
        foreach (var option in (Option[])[again, dryRun, json]) { verb.Add(option); }
        mandate.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var order = mandate.Read(parsed);
            var wanted = parsed.GetValue(ids)!;
            var isFiltered = filter.IsGiven(parsed) || parsed.GetValue(all);
            if ((wanted.Length > 0) == isFiltered) { throw new OperatorException("expected dead letters by ID, or --all, or a filter such as --reason, and not both"); }
            var connections = connection.Read(parsed);
            var topic = new DeadLetterTopic(new KafkaAccess(connections));
            List<StoredLetter> letters = wanted.Length > 0
                ? [.. wanted.Distinct().Select(id => topic.Read(id, signals.Token))]
                : [.. topic.ReadAll(out _, signals.Token).Where(filter.Read(parsed))];
            await using var ledger = await LedgerAccess.OpenAsync(connections, signals.Token);
            using var streaming = new StreamingAccess(connections);
            var listing = new Listing("id", "reason", "origin", "outcome");
            var isNamed = wanted.Length > 0;
            var (sent, unsent) = (0, 0);
            foreach (var letter in letters)
            {
                signals.Token.ThrowIfCancellationRequested();
                var outcome = await ReplayAsync(letter, order, parsed.GetValue(again), parsed.GetValue(dryRun), ledger, streaming, signals.Token);
                if (outcome.IsSent) { sent++; } else { unsent++; }
                listing.Add(letter.Id, letter.Letter.Reason, letter.Letter.Origin.ToString(), outcome.Words);
            }

            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            await parsed.InvocationConfiguration.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{sent} {(parsed.GetValue(dryRun) ? "would be sent" : "sent")}, {unsent} not"));
            return isNamed && unsent > 0 ? 1 : 0;
        });
        return verb;
    }

    private static async Task<(bool IsSent, string Words)> ReplayAsync(
        StoredLetter letter, Mandate order, bool isAgain, bool isDryRun, LedgerStore ledger, StreamingAccess streaming, CancellationToken cancellationToken)
    {
        var known = await RecordedLetters.FindAsync(ledger, letter.Letter.Origin, cancellationToken);
        if (known is null) { return (false, "not sent: the ledger has not seen it yet; try again in a moment (hsstream status)"); }
        // A copy that died again has a dead letter of its own; it counts with the others of its record.
        if (known.Replays is [.., var before] && !isAgain)
        {
            return (false, $"not sent: replayed {Instant.Write(before.At)} by {before.Mandate.Actor} ({before.Mandate.Reason}); --again sends it once more");
        }

        if (isDryRun) { return (true, $"would be sent to {letter.Letter.Origin.Topic}"); }
        await LedgerAccess.OrderAsync(async () =>
        {
            await ledger.Records.NoteReplayAsync(letter.Letter.Origin, order, cancellationToken);
            return true;
        });
        var record = DeadLetterRecord.Revive(letter.Record);
        foreach (var (name, value) in ((string, string)[])[(ByHeader, order.Actor), (WhyHeader, order.Reason), (FromHeader, letter.Position.ToString())])
        {
            record.Headers.Remove(name);
            record.Headers.Add(name, Encoding.UTF8.GetBytes(value));
        }

        try
        {
            return (true, $"sent to {await streaming.Publisher.PublishAsync(record, cancellationToken)}");
        }
        catch (KafkaException e)
        {
            throw new OperatorException($"{letter.Id} is noted as replayed but was not acknowledged: {e.Error.Reason}; once Kafka answers, send it with --again", e);
        }
    }
}
