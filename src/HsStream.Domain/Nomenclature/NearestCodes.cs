namespace HsStream.Domain.Nomenclature;

/// <summary>Finds the codes that a slip of the hand turns into another: few digits apart (one more is allowed under the same parent), then near in number.</summary>
internal static class NearestCodes
{
    /// <summary>More than two slips make it another code.</summary>
    private const int MostSlips = 2;

    public static IReadOnlyList<HsCode> Find(IEnumerable<HsCode> codes, HsCode wanted, int count)
    {
        var text = wanted.ToString();
        return [.. codes
            .Where(c => c.Level == wanted.Level && c != wanted)
            .Select(c => (Code: c, Slips: Slips(text, c.ToString())))
            .Where(c => c.Slips <= MostSlips)
            .OrderBy(c => c.Slips - (c.Code.Parent == wanted.Parent ? 1 : 0)).ThenByDescending(c => SharedDigits(text, c.Code.ToString())).ThenBy(c => Math.Abs(c.Code.Number - wanted.Number)).ThenBy(c => c.Code)
            .Take(count).Select(c => c.Code)];
    }

    private static int SharedDigits(string a, string b) => a.AsSpan().CommonPrefixLength(b);

    /// <summary>Wrong digits, where two neighbours changed over are one slip. Both texts have one length.</summary>
    private static int Slips(string a, string b)
    {
        var slips = 0;
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] == b[i]) { continue; }
            slips++;
            if (i + 1 < a.Length && a[i] == b[i + 1] && a[i + 1] == b[i]) { i++; }
        }

        return slips;
    }
}
