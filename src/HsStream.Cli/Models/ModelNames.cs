using HsStream.Store.Reading;

namespace HsStream.Cli.Models;

/// <summary>Models of the ledger by the first digits of their version.</summary>
internal static class ModelNames
{
    private const string Prefix = "sha256:";

    /// <exception cref="OperatorException">There is no such model, or more than one.</exception>
    public static async Task<ModelRecord> FindAsync(LedgerQueries queries, string wanted, CancellationToken cancellationToken)
    {
        var all = await queries.ModelsAsync(cancellationToken);
        var digits = wanted.StartsWith(Prefix, StringComparison.Ordinal) ? wanted[Prefix.Length..] : wanted;
        var found = all.Where(model => model.Version.AsSpan(Prefix.Length).StartsWith(digits, StringComparison.OrdinalIgnoreCase)).ToList();
        return found switch
        {
            [var only] when digits.Length > 0 => only,
            [] => throw new OperatorException($"the ledger has no model '{wanted}'; {(all.Count == 0 ? "it has none: hsstream models register adds one" : $"it has {string.Join(", ", all.Select(model => Short(model.Version)))}")}"),
            _ => throw new OperatorException($"'{wanted}' begins {found.Count} models; give more digits"),
        };
    }

    /// <returns>The first 12 digits: enough for people.</returns>
    public static string Short(string version) => version.StartsWith(Prefix, StringComparison.Ordinal) && version.Length > Prefix.Length + 12 ? version[Prefix.Length..(Prefix.Length + 12)] : version;
}
