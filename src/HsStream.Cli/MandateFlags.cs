using System.CommandLine;
using HsStream.Domain.Ledger;

namespace HsStream.Cli;

/// <summary>Who gives an order and why; both are recorded for ever.</summary>
internal sealed class MandateFlags(string reasonName = "--reason")
{
    private readonly Option<string?> _by = new("--by") { Description = "Who gives the order; recorded.", HelpName = "NAME" };
    private readonly Option<string?> _reason = new(reasonName) { Description = "Why, for a reader years later; recorded.", HelpName = "TEXT" };
    private readonly Option<string?> _evidence = new("--evidence") { Description = "Where it can be looked up: a ticket, a report; recorded.", HelpName = "TEXT" };

    public void AddTo(Command verb)
    {
        foreach (var option in (Option[])[_by, _reason, _evidence]) { verb.Add(option); }
    }

    /// <exception cref="OperatorException">One of the two is missing.</exception>
    public Mandate Read(ParseResult parsed)
    {
        var (by, reason) = (parsed.GetValue(_by), parsed.GetValue(_reason));
        return string.IsNullOrWhiteSpace(by) ? throw new OperatorException("expected --by NAME: who gives the order is recorded")
            : string.IsNullOrWhiteSpace(reason) ? throw new OperatorException($"expected {reasonName} TEXT: why the order is given is recorded")
            : new Mandate(by, reason, parsed.GetValue(_evidence));
    }
}
