namespace HsStream.Domain.Ledger;

/// <summary>On whose authority an operator's command is given.</summary>
/// <param name="Actor">Who; never empty.</param>
/// <param name="Reason">Why, for a reader years later; never empty.</param>
/// <param name="Evidence">Where it can be looked up: a ticket, a report.</param>
public sealed record Mandate(string Actor, string Reason, string? Evidence)
{
    /// <returns>Null, or what is missing.</returns>
    public string? Problem =>
        string.IsNullOrWhiteSpace(Actor) ? "Expected who gives the command, got no actor."
        : string.IsNullOrWhiteSpace(Reason) ? "Expected why the command is given, got no reason."
        : null;
}
