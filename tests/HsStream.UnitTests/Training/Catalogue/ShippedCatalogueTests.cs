using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class ShippedCatalogueTests
{
    private const int FewestPhrases = 8;

    private static readonly IReadOnlyList<CatalogueEntry> Entries = ProductCatalogue.Shipped.Entries;

    [Fact]
    public void It_covers_a_thousand_subheadings_and_every_chapter()
    {
        Assert.True(Entries.Count >= 1000, $"{Entries.Count} subheadings");
        Assert.Equal(HsNomenclature.Of(NomenclatureEdition.Hs2022).Chapters, Entries.Select(e => e.Code.Chapter).Distinct());
    }

    [Fact]
    public void Every_code_is_a_subheading_of_hs2022_with_enough_phrases() => Assert.All(Entries, entry =>
    {
        Assert.True(HsNomenclature.Of(NomenclatureEdition.Hs2022).Contains(entry.Code) && entry.Code.Level == HsLevel.Subheading, entry.Code.ToString());
        Assert.True(entry.Phrases.Distinct().Count() >= FewestPhrases, $"{entry.Code} has {entry.Phrases.Count} phrases");
    });

    [Fact]
    public void No_phrase_stands_under_two_codes() => Assert.Empty(
        Entries.SelectMany(e => e.Phrases.Concat(e.NovelPhrases).Select(p => (Phrase: p, e.Code)))
            .GroupBy(p => p.Phrase).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Select(p => p.Code))}"));

    [Fact]
    public void Phrases_are_plain_lower_case_words()
    {
        Assert.DoesNotContain(
            Entries.SelectMany(e => e.Phrases.Concat(e.NovelPhrases)),
            p => p.Any(c => !char.IsAscii(c) || char.IsAsciiLetterUpper(c) || char.IsControl(c)) || p.Split(' ').Length > 10 || char.IsPunctuation(p[^1]));
        Assert.InRange(Entries.Count(e => e.NovelPhrases.Count > 0) / (double)Entries.Count, 0.2, 1);
    }

    /// <summary>What goods are is to be learnt, not who makes them: a brand stands for whatever it makes next year, and its name is its owner's.</summary>
    [Fact]
    public void No_phrase_names_a_well_known_brand()
    {
        string[] brands =
        [
            "adidas", "nike", "puma", "gucci", "chanel", "dior", "vuitton", "levis", "crocs", "timberland", "samsonite", "apple iphone", "iphone", "ipad", "macbook", "samsung",
            "huawei", "xiaomi", "nokia", "lenovo", "dell", "toshiba", "sony", "panasonic", "philips", "whirlpool refrigerator", "bosch", "siemens", "makita", "dewalt", "hilti",
            "caterpillar", "komatsu", "john deere", "massey", "toyota", "hilux", "land cruiser", "honda", "nissan", "mazda", "mitsubishi", "isuzu", "hyundai", "kia", "ford",
            "chevrolet", "bmw", "mercedes", "volkswagen", "vw", "renault", "peugeot", "volvo", "scania", "yamaha", "suzuki", "kawasaki", "bajaj", "vespa", "michelin",
            "bridgestone", "goodyear", "pirelli", "cummins", "perkins", "denso", "skf", "timken", "abb", "schneider", "honeywell", "cisco", "lego", "barbie", "nerf",
            "nestle", "nescafe", "nespresso", "nutella", "oreo", "kit kat", "snickers", "cadbury", "coca cola", "pepsi", "sprite", "fanta", "red bull", "heinz", "knorr", "maggi",
            "kelloggs", "colgate", "gillette", "pampers", "nivea", "dove soap", "vaseline lotion", "garnier", "loreal", "maybelline", "panadol", "viagra", "dettol", "persil",
            "ariel", "loctite", "teflon", "velcro", "lycra", "kevlar", "styrofoam", "tupperware", "sellotape", "kleenex", "walkman", "jacuzzi", "formica", "playstation", "xbox",
        ];
        var names = brands.Select(brand => $" {brand} ").ToList();
        Assert.Empty(Entries.SelectMany(e => e.Phrases.Concat(e.NovelPhrases).Where(p => names.Any($" {p} ".Contains)).Select(p => $"{e.Code} {p}")));
    }

    [Fact]
    public void The_novel_phrases_bring_words_that_the_others_lack()
    {
        var fresh = Entries.Where(e => e.NovelPhrases.Count > 0).ToList();
        var known = fresh.ToDictionary(e => e.Code, e => e.Phrases.SelectMany(p => p.Split(' ')).ToHashSet());
        Assert.InRange(fresh.Average(e => e.NovelPhrases.Any(p => p.Split(' ').Any(w => !known[e.Code].Contains(w))) ? 1.0 : 0), 0.9, 1);
    }

    [Fact]
    public void Lines_of_every_code_are_made_from_it()
    {
        var lines = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Mix = CodeMix.Uniform }).Generate(150_000).ToList();
        Assert.Equal(Entries.Select(e => e.Code), lines.Select(l => l.Code).Distinct().Order());
        Assert.DoesNotContain(lines, l => l.Description.Any(char.IsControl) || l.Description != l.Description.Trim());
    }
}
