using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class ScenarioTests
{
    private const int Rows = 20_000;
    private const int Onset = 8_000;

    private static readonly List<ShipmentLine> Unchanged = Run();

    [Theory]
    [InlineData("changed-mix", ScenarioKinds.ChangedMix, null, 1.0)]
    [InlineData("label-shift@0", ScenarioKinds.LabelShift, 0L, 1.0)]
    [InlineData("new-vocabulary@5000:0.25", ScenarioKinds.NewVocabulary, 5000L, 0.25)]
    [InlineData("new-shipper:1", ScenarioKinds.NewShipper, null, 1.0)]
    public void Scenarios_are_read_from_text(string text, ScenarioKinds kind, long? onset, double strength) =>
        Assert.Equal(new Scenario(kind, onset, strength), Scenario.Parse(text));

    [Theory]
    [InlineData("changed", "Expected a scenario of new-vocabulary, changed-mix, label-shift, new-shipper, edition-change, got 'changed'")]
    [InlineData("", "got ''")]
    [InlineData("changed-mix@", "Expected a row number")]
    [InlineData("changed-mix@-1", "got '-1'")]
    [InlineData("changed-mix:0", "Expected a strength above 0")]
    [InlineData("changed-mix:1.5", "got '1.5'")]
    [InlineData("changed-mix@5:x", "got 'x'")]
    public void Other_texts_are_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Scenario.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("new-vocabulary")]
    [InlineData("changed-mix")]
    [InlineData("label-shift")]
    [InlineData("new-shipper")]
    public void Before_its_onset_a_scenario_changes_nothing_and_after_it_marks_lines(string name)
    {
        var lines = Run($"{name}@{Onset}");
        Assert.Equal(Unchanged.Take(Onset), lines.Take(Onset));
        Assert.DoesNotContain(lines.Take(Onset), l => l.Scenarios != ScenarioKinds.None);
        Assert.InRange(lines.Skip(Onset).Average(l => l.Scenarios == ScenarioKinds.None ? 0.0 : 1), 0.2, 1);
        Assert.All(lines.Where(l => l.Scenarios != ScenarioKinds.None), l => Assert.Equal(name, Scenario.Write(l.Scenarios)));
    }

    [Fact]
    public void Without_a_row_a_scenario_starts_half_way() =>
        Assert.InRange(Run("label-shift").First(l => l.Scenarios != ScenarioKinds.None).Row, Rows / 2, (Rows / 2) + 20);

    [Fact]
    public void New_vocabulary_brings_the_phrases_that_were_kept_back()
    {
        Assert.DoesNotContain(Unchanged, l => l.Description.Contains("smart", StringComparison.OrdinalIgnoreCase));
        var clean = Run(new GeneratorOptions { Noise = 0 }, $"new-vocabulary@{Onset}");
        Assert.All(clean, l => Assert.Equal(l.Scenarios != ScenarioKinds.None, SmallCatalogue.Instance.Find(l.Code)!.NovelPhrases.Contains(l.Description)));
        var strong = clean.Count(l => l.Scenarios != ScenarioKinds.None);
        var weak = Run(new GeneratorOptions { Noise = 0 }, $"new-vocabulary@{Onset}:0.3").Count(l => l.Scenarios != ScenarioKinds.None);
        Assert.InRange(weak / (double)strong, 0.15, 0.45);
    }

    [Fact]
    public void A_changed_mix_makes_other_codes_frequent()
    {
        Assert.InRange(Distance(Chapters(Unchanged, 0, Onset), Chapters(Unchanged, Onset, Rows)), 0, 0.2);
        var lines = Run($"changed-mix@{Onset}");
        Assert.InRange(Distance(Chapters(lines, 0, Onset), Chapters(lines, Onset, Rows)), 0.25, 1);
        Assert.All(lines, l => Assert.Equal(l.Code, l.Label));
        Assert.InRange(Run($"changed-mix@{Onset}:0.2").Skip(Onset).Average(l => l.Scenarios == ScenarioKinds.None ? 0.0 : 1), 0.12, 0.25);

        static Dictionary<HsCode, double> Chapters(List<ShipmentLine> lines, int from, int to) =>
            lines[from..to].CountBy(l => l.Code.Chapter).ToDictionary(c => c.Key, c => c.Value / (double)(to - from));

        // Total variation: half the sum of the differences.
        static double Distance(Dictionary<HsCode, double> a, Dictionary<HsCode, double> b) =>
            a.Keys.Union(b.Keys).Sum(k => Math.Abs(a.GetValueOrDefault(k) - b.GetValueOrDefault(k))) / 2;
    }

    [Fact]
    public void A_label_shift_gives_the_same_texts_another_code_nearby()
    {
        var lines = Run($"label-shift@{Onset}:0.5");
        Assert.Equal(Unchanged.Select(l => (l.Description, l.Time, l.Shipper)), lines.Select(l => (l.Description, l.Time, l.Shipper)));
        Assert.All(lines.Zip(Unchanged), pair =>
        {
            Assert.Equal(pair.First.Scenarios == ScenarioKinds.LabelShift, pair.First.Code != pair.Second.Code);
            Assert.Equal(pair.First.Code.Chapter, pair.Second.Code.Chapter);
            Assert.Equal(pair.First.Code, pair.First.Label);
        });

        // The same goods go the same way every time.
        Assert.All(lines.Zip(Unchanged).Skip(Onset).GroupBy(p => p.Second.Code), g => Assert.Single(g.Select(p => p.First.Code).Distinct()));
    }

    [Fact]
    public void A_new_shipper_writes_unlike_the_others()
    {
        var lines = Run($"new-shipper@{Onset}:0.5");
        var his = lines.Where(l => l.Scenarios == ScenarioKinds.NewShipper).ToList();
        Assert.InRange(his.Count / (double)(Rows - Onset), 0.4, 0.6);
        Assert.Equal(["SHP-NEW"], his.Select(l => l.Shipper).Distinct());
        Assert.All(his, l => Assert.True(l.Description.StartsWith("sku", StringComparison.Ordinal) && !l.Description.Contains(' ', StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, l => l.Shipper == "SHP-NEW" && l.Scenarios == ScenarioKinds.None);
    }

    [Fact]
    public void An_edition_change_moves_codes_from_hs2017_to_hs2022()
    {
        var lines = Run($"edition-change@{Onset}");
        Assert.Equal(Run(new GeneratorOptions { Edition = NomenclatureEdition.Hs2017 }).Take(Onset), lines.Take(Onset));
        Assert.All(lines, l => Assert.Equal((l.Row >= Onset, l.Row >= Onset ? "HS2022" : "HS2017"), (l.Scenarios == ScenarioKinds.EditionChange, l.Edition.Name)));
        Assert.All(lines, l => Assert.True(HsNomenclature.Of(l.Edition).Contains(l.Code)));
        Assert.Equal(Unchanged.Select(l => l.Description), lines.Select(l => l.Description));

        var half = Run($"edition-change@{Onset}:0.5").Skip(Onset).ToList();
        Assert.InRange(half.Average(l => l.Edition == NomenclatureEdition.Hs2022 ? 1.0 : 0), 0.2, 0.8);
        Assert.All(half.GroupBy(l => l.Shipper), g => Assert.Single(g.Select(l => l.Edition).Distinct()));
    }

    [Fact]
    public void Scenarios_go_together()
    {
        var lines = Run("label-shift@1000", "new-shipper@2000:0.5", "edition-change@3000");
        Assert.Contains(lines, l => Scenario.Write(l.Scenarios) == "label-shift+new-shipper+edition-change");
        Assert.DoesNotContain(lines.Take(2000), l => l.Scenarios.HasFlag(ScenarioKinds.NewShipper));
    }

    private static List<ShipmentLine> Run(params string[] scenarios) => Run(new GeneratorOptions(), scenarios);

    private static List<ShipmentLine> Run(GeneratorOptions options, params string[] scenarios) =>
        [.. new ShipmentGenerator(SmallCatalogue.Instance, options with { ExpectedCount = Rows, Scenarios = [.. scenarios.Select(Scenario.Parse)] }).Generate(Rows)];
}
