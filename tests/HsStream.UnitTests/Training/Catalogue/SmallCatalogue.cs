using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;

namespace HsStream.UnitTests.Training.Catalogue;

/// <summary>A catalogue that never changes: every 20th pair of subheadings, with phrases that name it.</summary>
internal static class SmallCatalogue
{
    public static ProductCatalogue Instance { get; } = new(
        HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings
            .Where((_, i) => i % 20 < 2)
            .Select((code, i) => new CatalogueEntry(
                code,
                [$"thing {Letters(i)}", $"wooden {Letters(i)} with cover", $"{Letters(i)} for kitchen", $"steel {Letters(i)} assembly"],
                i % 2 == 0 ? [$"smart {Letters(i)}"] : [])));

    /// <summary>A word of its own for each number, without digits.</summary>
    private static string Letters(int number)
    {
        var word = "";
        for (var rest = number + 100; rest > 0; rest /= 20) { word += "bcdfghjklmnpqrstvwxz"[rest % 20] + "a"; }
        return word;
    }
}
