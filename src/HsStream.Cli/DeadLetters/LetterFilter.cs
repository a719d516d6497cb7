using System.CommandLine;
using HsStream.Domain.Messages;

namespace HsStream.Cli.DeadLetters;

/// <summary>Options that choose among dead letters.</summary>
internal sealed class LetterFilter
{
    private readonly Option<string?> _reason = new("--reason") { Description = $"Only those with this reason: {string.Join(", ", DeadLetterReasons.All)}.", HelpName = "REASON" };
    private readonly Option<string?> _topic = new("--origin-topic") { Description = "Only records of this topic.", HelpName = "TOPIC" };
    private readonly Option<string?> _from = new("--from") { Description = "Only those first seen at this time or later.", HelpName = "TIME" };
    private readonly Option<string?> _to = new("--to") { Description = "Only those first seen before this time.", HelpName = "TIME" };

    public void AddTo(Command verb)
    {
        foreach (var option in (Option[])[_reason, _topic, _from, _to]) { verb.Add(option); }
    }

    public bool IsGiven(ParseResult parsed) => ((Option[])[_reason, _topic, _from, _to]).Any(option => parsed.GetResult(option) is { Implicit: false });

    public Func<StoredLetter, bool> Read(ParseResult parsed)
    {
        var reason = parsed.GetValue(_reason)?.ToUpperInvariant();
        if (reason is not null && !DeadLetterReasons.All.Contains(reason)) { throw new OperatorException($"--reason is '{reason}'; expected one of {string.Join(", ", DeadLetterReasons.All)}"); }
        var topic = parsed.GetValue(_topic);
        var from = Instant.ParseOptional("--from", parsed.GetValue(_from));
        var to = Instant.ParseOptional("--to", parsed.GetValue(_to));
        return letter =>
            (reason is null || letter.Letter.Reason == reason)
            && (topic is null || letter.Letter.Origin.Topic == topic)
            && (from is null || letter.Letter.FirstSeen >= from)
            && (to is null || letter.Letter.FirstSeen < to);
    }
}
