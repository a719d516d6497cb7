using System.CommandLine;
using HsStream.Cli.Connect;
using HsStream.Cli.Tail;

namespace HsStream.Cli.DeadLetters;

/// <summary><c>hsstream dead-letters list</c>: what lies in <c>hs.dead-letters</c>, the newest last.</summary>
internal static class DeadLettersListVerb
{
    private const int Usual = 100;

    public static Command Describe()
    {
        var filter = new LetterFilter();
        var connection = new ConnectionFlags();
        var most = CommonOptions.Number("--max", 1, $"The newest so many; default: {Usual}.");
        var byReason = new Option<bool>("--by-reason") { Description = "Count them by reason and topic instead." };
        var json = CommonOptions.Json("One JSON object a line.");
        var verb = new Command("list", "List dead letters, the newest last.");
        filter.AddTo(verb);
        foreach (var option in (Option[])[most, byReason, json]) { verb.Add(option); }
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var kafka = new KafkaAccess(connection.Read(parsed));
            var wanted = filter.Read(parsed);
            var letters = new DeadLetterTopic(kafka).ReadAll(out var strange, signals.Token).Where(wanted).OrderBy(letter => letter.Letter.FirstSeen).ToList();
            var listing = parsed.GetValue(byReason) ? Count(letters) : List(letters.TakeLast((int)Math.Min(parsed.GetValue(most) ?? Usual, int.MaxValue)));
            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            if (strange > 0) { await parsed.InvocationConfiguration.Error.WriteLineAsync($"{strange} records of the topic are no dead letters of this system; hsstream tail hs.dead-letters shows them"); }
            if (!parsed.GetValue(byReason) && letters.Count > listing.Count) { await parsed.InvocationConfiguration.Error.WriteLineAsync($"{letters.Count - listing.Count} older ones are not shown; --max shows more"); }
            return 0;
        });
        return verb;
    }

    private static Listing List(IEnumerable<StoredLetter> letters)
    {
        var listing = new Listing("id", "firstSeen", "reason", "stage", "origin", "key", "detail");
        foreach (var stored in letters)
        {
            var letter = stored.Letter;
            listing.Add(stored.Id, Instant.Write(letter.FirstSeen), letter.Reason, letter.Stage, letter.Origin.ToString(), ValueDecoder.Text(letter.Key), letter.Detail);
        }

        return listing;
    }

    private static Listing Count(IEnumerable<StoredLetter> letters)
    {
        var listing = new Listing("reason", "originTopic", "count", "first", "last");
        foreach (var group in letters.GroupBy(letter => (letter.Letter.Reason, letter.Letter.Origin.Topic)).OrderByDescending(group => group.Count()))
        {
            listing.Add(group.Key.Reason, group.Key.Topic, group.Count(), Instant.Write(group.Min(letter => letter.Letter.FirstSeen)), Instant.Write(group.Max(letter => letter.Letter.FirstSeen)));
        }

        return listing;
    }
}
