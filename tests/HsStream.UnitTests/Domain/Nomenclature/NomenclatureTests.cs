using HsStream.Domain.Nomenclature;
using Xunit;

namespace HsStream.UnitTests.Domain.Nomenclature;

public sealed class NomenclatureTests
{
    private static readonly HsNomenclature Hs2022 = HsNomenclature.Of(NomenclatureEdition.Hs2022);
    private static readonly HsNomenclature Hs2017 = HsNomenclature.Of(NomenclatureEdition.Hs2017);

    [Fact]
    public void Each_edition_has_its_codes()
    {
        Assert.Equal((96, 1228, 5612), (Hs2022.Chapters.Count, Hs2022.Headings.Count, Hs2022.Subheadings.Count));
        Assert.Equal((96, 1222, 5387), (Hs2017.Chapters.Count, Hs2017.Headings.Count, Hs2017.Subheadings.Count));
        Assert.Equal(Hs2022.All.Order(), Hs2022.All);
        Assert.DoesNotContain(HsCode.Parse("77"), Hs2022.Chapters);
        Assert.False(Hs2022.Contains(HsCode.Parse("999999")));
    }

    [Theory]
    [InlineData("871200", true, true)]
    [InlineData("854140", true, false)]      // split by HS 2022
    [InlineData("854921", false, true)]      // electronic waste, new in HS 2022
    [InlineData("271011", false, false)]     // left with HS 2012
    [InlineData("2404", false, true)]
    [InlineData("77", false, false)]
    public void A_code_is_valid_in_the_editions_that_have_it(string code, bool in2017, bool in2022) =>
        Assert.Equal((in2017, in2022), (Hs2017.Contains(HsCode.Parse(code)), Hs2022.Contains(HsCode.Parse(code))));

    [Fact]
    public void Children_of_every_code_have_it_as_their_parent()
    {
        Assert.All(Hs2022.All, code => Assert.All(Hs2022.Children(code), child => Assert.Equal(code, child.Parent)));
        Assert.Equal(Hs2022.Headings.Count + Hs2022.Subheadings.Count, Hs2022.All.Sum(c => Hs2022.Children(c).Count));
        Assert.Equal(["871110", "871120", "871130", "871140", "871150", "871160", "871190"], Hs2022.Children(HsCode.Parse("8711")).Select(c => c.ToString()));
        Assert.Equal(Hs2022.Subheadings.Count, Hs2022.Chapters.Sum(c => Hs2022.SubheadingsWithin(c).Count));
        Assert.Empty(Hs2022.Children(HsCode.Parse("7701")));
        Assert.Equal([HsCode.Parse("871200")], Hs2022.SubheadingsWithin(HsCode.Parse("871200")));
    }

    [Theory]
    [InlineData("854140", "is one of HS2017 and became 8541.4")]
    [InlineData("271011", "did you mean 2710.1")]
    [InlineData("817200", "did you mean 8712.00")]       // digits changed over
    [InlineData("7701", "there is no chapter 77")]
    [InlineData("9999", "there is no chapter 99")]
    [InlineData("871299", "8712.99 is not a code of HS2022; did you mean 8712.00")]
    public void A_missing_code_is_explained(string code, string expected)
    {
        var missing = HsCode.Parse(code);
        Assert.Contains(expected, Hs2022.Explain(missing), StringComparison.Ordinal);
        Assert.Equal(Hs2022.Explain(missing), Assert.Throws<NomenclatureException>(() => Hs2022.Require(missing)).Message);
        Assert.All(Hs2022.Nearest(missing, 5), near => Assert.True(Hs2022.Contains(near) && near.Level == missing.Level));
    }

    [Fact]
    public void A_valid_code_is_handed_back() => Assert.Equal(HsCode.Parse("8712"), Hs2022.Require(HsCode.Parse("8712")));

    [Fact]
    public void Titles_belong_to_codes_of_the_edition()
    {
        Assert.All(Hs2022.All, code => Assert.True(Hs2022.Title(code) is not { } title || code.IsWithin(title.Of)));
        Assert.All(HsTitles.Read().Keys, code => Assert.True(Hs2022.Contains(code), code.ToString()));
    }

    [Theory]
    [InlineData("2017-01-01", "HS2017")]
    [InlineData("2021-12-31", "HS2017")]
    [InlineData("2022-01-01", "HS2022")]
    [InlineData("2027-12-31", "HS2022")]
    public void The_day_decides_the_edition(string day, string edition) =>
        Assert.Equal(edition, NomenclatureEdition.InForceOn(DateOnly.ParseExact(day, "yyyy-MM-dd")).Name);

    [Theory]
    [InlineData("2028-01-01", "HS2028 is in force")]
    [InlineData("2016-12-31", "before HS2017")]
    public void A_day_of_an_edition_without_codes_is_refused(string day, string expected) =>
        Assert.Contains(expected, Assert.Throws<NomenclatureException>(() => NomenclatureEdition.InForceOn(DateOnly.ParseExact(day, "yyyy-MM-dd"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("HS2022", 2022)]
    [InlineData("hs 2017", 2017)]
    [InlineData("2022", 2022)]
    [InlineData("H5", 2017)]
    public void Editions_are_read_by_name(string text, int year) => Assert.Equal(year, NomenclatureEdition.Parse(text).Year);

    [Theory]
    [InlineData("HS2028", "comes into force on 2028-01-01")]
    [InlineData("HS2012", "Expected the edition HS2017 or HS2022, got 'HS2012'")]
    [InlineData("", "got ''")]
    public void Other_editions_are_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<NomenclatureException>(() => NomenclatureEdition.Parse(text)).Message, StringComparison.Ordinal);
}
