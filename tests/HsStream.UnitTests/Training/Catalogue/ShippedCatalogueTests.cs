using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class ShippedCatalogueTests
{
    // Chapter 77 is reserved.
    private const int ChaptersInUse = 96;

    private static readonly ProductCatalogue Shipped = ProductCatalogue.Shipped;

    [Fact]
    public void It_names_goods_of_a_thousand_subheadings_over_all_chapters()
    {
        Assert.True(Shipped.Entries.Count >= 1000, $"{Shipped.Entries.Count} subheadings.");
        Assert.Equal(ChaptersInUse, Shipped.Entries.Select(entry => entry.Code.Chapter).Distinct().Count());
    }

    [Fact]
    public void Every_code_is_a_subheading_of_HS_2022() =>
        Assert.All(Shipped.Entries, entry => Assert.True(HsNomenclature.Of(NomenclatureEdition.Hs2022).Contains(entry.Code) && entry.Code.Level == HsLevel.Subheading, entry.Code.ToString()));

    [Fact]
    public void Every_code_has_eight_phrases_or_more() =>
        Assert.All(Shipped.Entries, entry => Assert.True(entry.Phrases.Count >= 8, $"{entry.Code} has {entry.Phrases.Count}."));

    [Fact]
    public void No_phrase_belongs_to_two_codes()
    {
        var owners = Shipped.Entries.SelectMany(entry => entry.Phrases.Concat(entry.NovelPhrases).Distinct().Select(phrase => (phrase, entry.Code)))
            .GroupBy(pair => pair.phrase, pair => pair.Code).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {string.Join(", ", group)}");

        Assert.Empty(owners);
    }

    [Fact]
    public void Every_chapter_and_heading_has_a_title_of_its_own()
    {
        var nomenclature = HsNomenclature.Of(NomenclatureEdition.Hs2022);

        Assert.All(nomenclature.Chapters.Concat(nomenclature.Headings), code => Assert.Equal(code, nomenclature.Title(code)?.Of));
    }
}
