using System.CommandLine;
using HsStream.Store.Reading;

namespace HsStream.Cli;

/// <summary>Options that choose a stretch of the ledger, by when it recorded the decisions.</summary>
internal sealed class RangeFlags
{
    private readonly Option<string?> _from = new("--from") { Description = "Decisions recorded at this time or later.", HelpName = "TIME" };
    private readonly Option<string?> _to = new("--to") { Description = "Decisions recorded before this time.", HelpName = "TIME" };

    public void AddTo(Command verb)
    {
        verb.Add(_from);
        verb.Add(_to);
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_from) is not null || parsed.GetValue(_to) is not null;

    /// <exception cref="OperatorException">A time cannot be read, or the end is not after the beginning.</exception>
    public PredictionRange Read(ParseResult parsed)
    {
        var from = Instant.ParseOptional("--from", parsed.GetValue(_from));
        var to = Instant.ParseOptional("--to", parsed.GetValue(_to));
        return from is not null && to is not null && to <= from
            ? throw new OperatorException($"--to is {Instant.Write(to.Value)}; expected a time after --from, {Instant.Write(from.Value)}")
            : new PredictionRange { From = from, To = to };
    }
}
