using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class ProductCatalogueTests
{
    [Fact]
    public void Phrases_and_novel_phrases_are_told_apart()
    {
        var catalogue = Parse("871200\tbicycle|road bikes|~gravel bike\n# a remark\n\n010121\tstud horse\n");
        Assert.Equal(["010121", "871200"], catalogue.Entries.Select(e => e.Code.ToString()));
        var bicycles = catalogue.Find(HsCode.Parse("8712.00"))!;
        Assert.Equal(["bicycle", "road bikes"], bicycles.Phrases);
        Assert.Equal(["gravel bike"], bicycles.NovelPhrases);
        Assert.Null(catalogue.Find(HsCode.Parse("871110")));
    }

    [Theory]
    [InlineData("871200 bicycle", "got 1 columns")]
    [InlineData("8712\tbicycle", "a subheading, got '8712'")]
    [InlineData("bicycle\t871200", "a subheading, got 'bicycle'")]
    [InlineData("854140\tsolar cell", "not a code of HS2022")]
    [InlineData("871200\tbicycle||bike", "got ''")]
    [InlineData("871200\tbicycle|bike ", "got 'bike '")]
    [InlineData("871200\troad  bike", "got 'road  bike'")]
    [InlineData("871200\tbike|~", "got '~'")]
    [InlineData("871200\tbike|~bike", "'bike' twice")]
    [InlineData("871200\t~gravel bike", "at least one phrase that is not novel")]
    public void A_line_that_is_wrong_is_refused_with_its_number(string line, string expected)
    {
        var message = Assert.Throws<InvalidDataException>(() => Parse("010121\tstud horse\n" + line)).Message;
        Assert.StartsWith("87.tsv line 2: expected ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_has_one_entry() =>
        Assert.Throws<InvalidDataException>(() => Parse("871200\tbicycle\n871200\tbike\n"));

    private static ProductCatalogue Parse(string text) => new(ProductCatalogue.Parse("87.tsv", new StringReader(text)));
}
