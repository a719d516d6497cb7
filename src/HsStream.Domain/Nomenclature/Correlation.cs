namespace HsStream.Domain.Nomenclature;

/// <summary>Converts codes between HS 2022 and HS 2017 by the United Nations Statistics Division's correlation table.</summary>
/// <remarks>
/// HS 2022 gathered electronic waste (8549) out of some thousand codes, so very many HS 2017 codes are split on paper. The likeliest
/// candidate is then the one whose main counterpart, in the same table, is the code that is converted.
/// </remarks>
public static class Correlation
{
    private static readonly Lazy<Table> Subheadings = new(() => Table.Of(HsLevel.Subheading));
    private static readonly Lazy<Table> Headings = new(() => Table.Of(HsLevel.Heading));
    private static readonly Lazy<Table> Chapters = new(() => Table.Of(HsLevel.Chapter));

    /// <summary>Headings and chapters have as counterparts those of their subheadings' counterparts.</summary>
    /// <exception cref="NomenclatureException"><paramref name="code"/> is not one of <paramref name="from"/>.</exception>
    public static Conversion Convert(HsCode code, NomenclatureEdition from, NomenclatureEdition to)
    {
        HsNomenclature.Of(from).Require(code);
        if (from == to) { return new Conversion(code, from, to, CorrelationKind.OneToOne, [code]); }
        var table = code.Level switch
        {
            HsLevel.Subheading => Subheadings.Value,
            HsLevel.Heading => Headings.Value,
            _ => Chapters.Value,
        };
        var (there, back) = from == NomenclatureEdition.Hs2022 ? (table.To2017, table.To2022) : (table.To2022, table.To2017);
        if (!there.TryGetValue(code, out var candidates)) { return new Conversion(code, from, to, CorrelationKind.None, []); }
        var isShared = candidates.Any(c => back[c].Length > 1);
        var kind = (candidates.Length > 1, isShared) switch
        {
            (false, false) => CorrelationKind.OneToOne,
            (false, true) => CorrelationKind.ManyToOne,
            (true, false) => CorrelationKind.OneToMany,
            (true, true) => CorrelationKind.ManyToMany,
        };
        return new Conversion(code, from, to, kind, candidates);
    }

    /// <summary>True when a subheading is, in both editions, the main counterpart of its own number: some goods may have come or gone.</summary>
    internal static bool IsContinued(HsCode code) =>
        Subheadings.Value.To2017.TryGetValue(code, out var olds) && olds[0] == code && Subheadings.Value.To2022[code][0] == code;

    /// <summary>Both directions at one level; counterparts in the order that <see cref="Conversion.Candidates"/> promises.</summary>
    private sealed record Table(Dictionary<HsCode, HsCode[]> To2017, Dictionary<HsCode, HsCode[]> To2022)
    {
        public static Table Of(HsLevel level)
        {
            var picks = new List<(HsCode New, HsCode Old)>();
            var pairs = new HashSet<(HsCode New, HsCode Old)>();
            foreach (var (code, olds) in Correlations())
            {
                picks.Add((code.AtLevel(level), olds[0].AtLevel(level)));
                pairs.UnionWith(olds.Select(old => (code.AtLevel(level), old.AtLevel(level))));
            }

            // Above the subheadings, what most of them have as theirs.
            var main = picks.GroupBy(p => p.New, p => p.Old).ToDictionary(g => g.Key, g => g.CountBy(old => old).MaxBy(c => (c.Value, -c.Key.Number)).Key);
            return new Table(
                pairs.GroupBy(p => p.New, p => p.Old)
                    .ToDictionary(g => g.Key, g => g.OrderByDescending(old => Rank(g.Key, old, main[g.Key] == old)).ThenBy(old => old).ToArray()),
                pairs.GroupBy(p => p.Old, p => p.New)
                    .ToDictionary(g => g.Key, g => g.OrderByDescending(@new => Rank(g.Key, @new, main[@new] == g.Key)).ThenBy(@new => @new).ToArray()));
        }

        private static int Rank(HsCode code, HsCode candidate, bool isMain) => (isMain ? 2 : 0) + (candidate == code ? 1 : 0);

        /// <summary>The table leaves out the codes that went unchanged.</summary>
        private static IEnumerable<(HsCode Code, HsCode[] Olds)> Correlations()
        {
            var mentioned = new HashSet<HsCode>();
            foreach (var line in Facts.Correlations())
            {
                mentioned.Add(line.Hs2022);
                yield return line;
            }

            foreach (var code in Facts.Subheadings(NomenclatureEdition.Hs2022).Where(c => !mentioned.Contains(c))) { yield return (code, [code]); }
        }
    }
}
