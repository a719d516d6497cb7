using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using HsStream.Training.Modelling;
using Xunit;

namespace HsStream.UnitTests.Training.Modelling;

public sealed class TrainingSetTests
{
    private static readonly HsCode Screws = HsCode.Parse("731815");
    private static readonly HsCode Phones = HsCode.Parse("851713");

    [Fact]
    public void Texts_that_differ_in_digits_case_and_punctuation_only_count_once()
    {
        var set = TrainingSet.Of([("12 CTNS SCREW M6", Screws), ("7 ctns, screw M12", Screws), ("screw m6 brass", Screws)], SmallGoods.Settings, null);

        Assert.Equal(["12 CTNS SCREW M6", "screw m6 brass"], set.Texts.Select(text => text.Text));
        Assert.Equal(3, set.DataRows);
    }

    [Fact]
    public void The_same_text_under_two_codes_stays_twice() =>
        Assert.Equal(2, TrainingSet.Of([("assorted", Screws), ("assorted", Phones)], SmallGoods.Settings, null).Texts.Count);

    [Fact]
    public void Duplicates_stay_when_they_are_to_count() =>
        Assert.Equal(2, TrainingSet.Of([("screw 1", Screws), ("screw 2", Screws)], SmallGoods.Settings with { CollapseDuplicates = false }, null).Texts.Count);

    [Fact]
    public void Phrases_of_the_catalogue_are_converted_to_the_edition_of_the_data()
    {
        // Smartphones have a subheading of their own since HS 2022 only.
        var catalogue = new ProductCatalogue([new CatalogueEntry(Phones, ["smartphone"], ["foldable phone"])]);
        var settings = SmallGoods.Settings with { Edition = NomenclatureEdition.Hs2017, CatalogueWeight = 0.25 };

        var phrase = TrainingSet.Of([("screw", Screws)], settings, catalogue).Texts[^1];

        Assert.Equal(new TrainingText("smartphone", HsCode.Parse("851712"), 0.25f, IsCatalogue: true), phrase);
    }

    [Fact]
    public void A_code_of_another_edition_is_an_error_that_names_it()
    {
        var error = Assert.Throws<NomenclatureException>(() => TrainingSet.Of([("smartphone", Phones)], SmallGoods.Settings with { Edition = NomenclatureEdition.Hs2017 }, null));

        Assert.Contains("8517.13", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_learn_from_is_an_error() => Assert.Throws<ArgumentException>(() => TrainingSet.Of([], SmallGoods.Settings, null));
}
