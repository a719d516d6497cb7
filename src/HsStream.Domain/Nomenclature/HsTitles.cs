using System.Collections.Frozen;

namespace HsStream.Domain.Nomenclature;

/// <summary>Short titles in our own words, one embedded file a chapter: code, tab, title; for HS 2022.</summary>
internal static class HsTitles
{
    public static FrozenDictionary<HsCode, string> Read()
    {
        var titles = new Dictionary<HsCode, string>();
        foreach (var name in Facts.Names("titles/"))
        {
            var number = 0;
            foreach (var line in Facts.Lines(name))
            {
                number++;
                var tab = line.IndexOf('\t', StringComparison.Ordinal);
                if (tab <= 0 || tab == line.Length - 1 || !HsCode.TryParse(line.AsSpan(0, tab), out var code) || !titles.TryAdd(code, line[(tab + 1)..].Trim()))
                {
                    throw new InvalidDataException($"{name} line {number}: expected a new code, a tab and a title, got '{line}'.");
                }
            }
        }

        return titles.ToFrozenDictionary();
    }

    /// <summary>
    /// A title stays where the code means the same goods in the main in both editions: subheadings that continue under their number, and the
    /// chapters and headings of both, whose wording hardly moves.
    /// </summary>
    public static FrozenDictionary<HsCode, string> For2017(FrozenDictionary<HsCode, string> titles) =>
        titles.Where(t => t.Key.Level != HsLevel.Subheading || Correlation.IsContinued(t.Key)).ToFrozenDictionary(t => t.Key, t => t.Value);
}
