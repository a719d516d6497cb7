using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Catalogue;

/// <summary>An entry of the catalogue, made ready for many lines.</summary>
/// <param name="OldCode">The likeliest code of HS 2017.</param>
/// <param name="Phrases">Words of each phrase.</param>
/// <param name="Sibling">Index of another entry of the heading, else of the chapter; -1 when there is none.</param>
internal sealed record Goods(HsCode Code, HsCode OldCode, int Chapter, string[][] Phrases, string[][] Novel, int Sibling)
{
    public static Goods[] Of(ProductCatalogue catalogue)
    {
        var entries = catalogue.Entries;
        return [.. entries.Select((entry, i) => new Goods(
            entry.Code,
            Correlation.Convert(entry.Code, NomenclatureEdition.Hs2022, NomenclatureEdition.Hs2017).Candidates[0],
            entry.Code.Chapter.Number,
            Split(entry.Phrases),
            Split(entry.NovelPhrases),
            FindSibling(entries, i)))];
    }

    private static string[][] Split(IReadOnlyList<string> phrases) => [.. phrases.Select(p => p.Split(' '))];

    /// <summary>The next entry of the heading, going round; the codes ascend, so that a heading's entries stand together.</summary>
    private static int FindSibling(IReadOnlyList<CatalogueEntry> entries, int index)
    {
        foreach (var level in (HsLevel[])[HsLevel.Heading, HsLevel.Chapter])
        {
            var group = entries[index].Code.AtLevel(level);
            var first = index;
            while (first > 0 && entries[first - 1].Code.IsWithin(group)) { first--; }
            var end = index + 1;
            while (end < entries.Count && entries[end].Code.IsWithin(group)) { end++; }
            if (end - first > 1) { return index + 1 < end ? index + 1 : first; }
        }

        return -1;
    }
}
