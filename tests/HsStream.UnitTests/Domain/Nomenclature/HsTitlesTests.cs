using HsStream.Domain.Nomenclature;
using Xunit;

namespace HsStream.UnitTests.Domain.Nomenclature;

public sealed class HsTitlesTests
{
    private static readonly HsNomenclature Hs2022 = HsNomenclature.Of(NomenclatureEdition.Hs2022);

    [Fact]
    public void Every_chapter_and_every_heading_has_a_title_of_its_own() =>
        Assert.All(Hs2022.Chapters.Concat(Hs2022.Headings), code => Assert.Equal(code, Hs2022.Title(code)?.Of));

    [Fact]
    public void A_code_without_a_title_has_that_of_its_heading()
    {
        Assert.All(Hs2022.Subheadings, code => Assert.True(Hs2022.Title(code)!.Value.Of is var of && (of == code || of == code.Heading)));
        Assert.Contains(Hs2022.Subheadings, code => Hs2022.Title(code)!.Value.Of == code);
        Assert.Contains(Hs2022.Subheadings, code => Hs2022.Title(code)!.Value.Of == code.Heading);
    }

    [Fact]
    public void Titles_are_short_and_tell_the_codes_of_a_heading_apart()
    {
        var titles = HsTitles.Read();
        Assert.All(titles, t => Assert.True(t.Value.Length is >= 3 and <= 90 && t.Value == t.Value.Trim() && !t.Value.Any(char.IsControl), $"{t.Key}: {t.Value}"));
        Assert.All(titles.Where(t => t.Key.Level == HsLevel.Subheading).GroupBy(t => (t.Key.Heading, t.Value)), g => Assert.Single(g));
    }

    [Fact]
    public void Hs2017_takes_the_titles_of_codes_that_went_on_unchanged()
    {
        var hs2017 = HsNomenclature.Of(NomenclatureEdition.Hs2017);
        Assert.Equal(Hs2022.Title(HsCode.Parse("87")), hs2017.Title(HsCode.Parse("87")));
        // Split by HS 2022, so that its title may say less or more than the old code did.
        Assert.Equal(HsCode.Parse("8541"), hs2017.Title(HsCode.Parse("854140"))!.Value.Of);
        // Screws lost some for implants to chapter 90, and are screws all the same.
        Assert.Equal(Hs2022.Title(HsCode.Parse("731815")), hs2017.Title(HsCode.Parse("731815")));
    }
}
