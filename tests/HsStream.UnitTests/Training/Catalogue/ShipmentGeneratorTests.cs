using System.Security.Cryptography;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class ShipmentGeneratorTests
{
    private static readonly GeneratorOptions Defaults = new();

    [Fact]
    public void The_same_seed_makes_the_same_lines_on_every_machine()
    {
        Assert.Equal(Lines(1000), Lines(1000));
        Assert.NotEqual(Lines(1000).Select(l => l.Description), Lines(1000, Defaults with { Seed = 2 }).Select(l => l.Description));

        using var bytes = new MemoryStream();
        using var writer = new ShipmentWriter(bytes, ShipmentFormat.Csv);
        foreach (var line in Lines(1000, Defaults with { LabelNoise = 0.1, Scenarios = [Scenario.Parse("label-shift@500:0.5"), Scenario.Parse("new-shipper@700:0.5")] })) { writer.Write(line); }
        writer.Flush();
        // Changes with the generator: then models trained on its lines are not comparable with earlier ones.
        Assert.Equal("ea16cfd1620367b8", Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))[..16]);
    }

    [Fact]
    public void More_lines_begin_with_the_same_ones() => Assert.Equal(Lines(100), Lines(1000).Take(100));

    [Fact]
    public void Without_noise_lines_are_the_phrases_themselves()
    {
        var lines = Lines(2000, Defaults with { Noise = 0 });
        Assert.All(lines, l => Assert.Contains(l.Description, SmallCatalogue.Instance.Find(l.Code)!.Phrases));
    }

    [Fact]
    public void More_noise_leaves_fewer_words_of_the_catalogue()
    {
        double Known(double noise) => Lines(5000, Defaults with { Noise = noise })
            .Average(l => SmallCatalogue.Instance.Find(l.Code)!.Phrases.Any(p => p.Split(' ').All(w => l.Description.Contains(w, StringComparison.OrdinalIgnoreCase))) ? 1 : 0);
        var (none, some, most) = (Known(0), Known(0.4), Known(1));
        Assert.Equal(1, none);
        Assert.InRange(some, 0.7, 0.95);
        Assert.InRange(most, 0.3, 0.7);
    }

    [Fact]
    public void A_few_codes_are_most_of_the_lines_and_texts_come_again()
    {
        var lines = Lines(50_000);
        var counts = lines.CountBy(l => l.Code).Select(c => c.Value).OrderDescending().ToList();
        Assert.InRange(counts.Take(10).Sum() / 50_000.0, 0.15, 0.45);
        Assert.True(counts.Count > 500, $"{counts.Count} of {SmallCatalogue.Instance.Entries.Count} codes");
        Assert.InRange(1 - (lines.DistinctBy(l => l.Description).Count() / 50_000.0), 0.2, 0.45);
        Assert.InRange(lines.Zip(lines.Skip(1)).Average(p => p.First.Code == p.Second.Code ? 1.0 : 0), 0.1, 0.3);

        var uniform = Lines(50_000, Defaults with { Mix = CodeMix.Uniform }).CountBy(l => l.Code).Select(c => c.Value).ToList();
        Assert.Equal(SmallCatalogue.Instance.Entries.Count, uniform.Count);
        Assert.InRange(uniform.Max() / (50_000.0 / uniform.Count), 1, 3);
    }

    [Fact]
    public void Every_line_has_an_id_a_shipper_and_a_time_after_the_last()
    {
        var lines = Lines(5000, Defaults with { Interval = TimeSpan.FromSeconds(2), Shippers = 7 });
        Assert.Equal(5000, lines.DistinctBy(l => l.Id).Count());
        Assert.Equal(7, lines.DistinctBy(l => l.Shipper).Count());
        Assert.All(lines.Zip(lines.Skip(1)), pair => Assert.True(pair.First.Time <= pair.Second.Time));
        Assert.InRange(lines[^1].Time - Defaults.Start, TimeSpan.FromSeconds(9998), TimeSpan.FromSeconds(10_000));
        Assert.DoesNotContain(lines, l => l.Description.Any(char.IsControl) || l.Description.Length == 0);
        Assert.All(lines, l => Assert.Equal((l.Code, NomenclatureEdition.Hs2022, ScenarioKinds.None), (l.Label, l.Edition, l.Scenarios)));
    }

    [Fact]
    public void Label_noise_declares_wrong_codes_of_the_edition_and_leaves_the_text()
    {
        var lines = Lines(10_000, Defaults with { LabelNoise = 0.1 });
        Assert.Equal(Lines(10_000).Select(l => (l.Description, l.Code, l.Time)), lines.Select(l => (l.Description, l.Code, l.Time)));
        var wrong = lines.Where(l => l.Label != l.Code).ToList();
        Assert.InRange(wrong.Count, 900, 1100);
        Assert.All(wrong, l => Assert.True(HsNomenclature.Of(l.Edition).Contains(l.Label)));
        Assert.InRange(wrong.Average(l => l.Label.Heading == l.Code.Heading ? 1.0 : 0), 0.4, 0.8);
    }

    [Fact]
    public void Codes_may_be_those_of_hs2017() => Assert.All(
        Lines(2000, Defaults with { Edition = NomenclatureEdition.Hs2017 }), l => Assert.True(l.Edition == NomenclatureEdition.Hs2017 && HsNomenclature.Of(l.Edition).Contains(l.Code)));

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        GeneratorOptions[] wrong =
        [
            Defaults with { Noise = 1.1 }, Defaults with { LabelNoise = -0.1 }, Defaults with { Shippers = 0 }, Defaults with { Interval = TimeSpan.Zero },
            Defaults with { Scenarios = [new Scenario(ScenarioKinds.ChangedMix), new Scenario(ScenarioKinds.ChangedMix, 5)] },
        ];
        Assert.All(wrong, options => Assert.Throws<ArgumentException>(() => new ShipmentGenerator(SmallCatalogue.Instance, options)));
        Assert.Throws<ArgumentException>(() => new ShipmentGenerator(new ProductCatalogue([]), Defaults));
    }

    private static List<ShipmentLine> Lines(long count, GeneratorOptions? options = null) =>
        [.. new ShipmentGenerator(SmallCatalogue.Instance, options ?? Defaults).Generate(count)];
}
