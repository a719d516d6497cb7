using System.Globalization;
using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Catalogue;

/// <summary>Makes an endless stream of shipment lines from catalogue and seed: the same one on every machine.</summary>
/// <remarks>
/// Lines come in consignments of one shipper, who deals mostly in a few kinds of goods and repeats himself, so that codes come in
/// bursts and about a quarter of the texts occur again.
/// <para>
/// Rows before the onset of every scenario are those of the run without it (for an edition change, of the run in HS 2017). The strength
/// is, for <c>new-vocabulary</c>, the share of new lines that use a new name where their goods have one; for <c>changed-mix</c>, the
/// share of new lines whose goods come from the other mix; for <c>label-shift</c>, the share of codes whose goods move; for
/// <c>new-shipper</c>, the share of consignments that are his; for <c>edition-change</c>, the share of shippers who have changed. A
/// repeated line keeps its text and its goods.
/// </para>
/// Memory does not grow with the rows. Not thread-safe.
/// </remarks>
public sealed class ShipmentGenerator
{
    /// <summary>A line of the consignment repeats an earlier one of this shipper, word for word.</summary>
    private const double RepeatShare = 0.2;

    /// <summary>The next line of a consignment holds the same goods under another phrase or in another size.</summary>
    private const double SameGoodsShare = 0.2;

    /// <summary>A shipper's own goods, against anything that is traded.</summary>
    private const double OwnGoodsShare = 0.7;

    private static readonly int[] ConsignmentLines = [1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 14, 20];

    private readonly GeneratorOptions _options;
    private readonly Goods[] _goods;
    private readonly Popularity _popularity;
    private readonly Popularity _otherPopularity;
    private readonly Shipper[] _shippers;
    private readonly Shipper _alien;
    private readonly LineText _text;
    private readonly SeededRandom _random;
    private readonly SeededRandom _change;
    private readonly SeededRandom _labels;
    private readonly SeededRandom _times;
    private readonly long _shipperOnset;
    private readonly Scenario?[] _scenarios;
    private readonly HashSet<int> _shifted;
    private readonly HashSet<string> _editionChanged;
    private readonly string _idPrefix;
    private long _row;
    private Shipper _shipper;
    private int _linesLeft;
    private int _entry = -1;

    /// <exception cref="ArgumentException">The catalogue is empty, or an option is out of its range.</exception>
    public ShipmentGenerator(ProductCatalogue catalogue, GeneratorOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (catalogue.Entries.Count == 0) { throw new ArgumentException("Expected a catalogue with entries, got an empty one."); }
        _options = options;
        var seed = options.Seed;
        _goods = Goods.Of(catalogue);
        _popularity = new Popularity(_goods.Length, options.Mix, SeededRandom.For(seed, "mix"));
        _otherPopularity = new Popularity(_goods.Length, CodeMix.Zipf, SeededRandom.For(seed, "other-mix"));
        _text = new LineText(options.Noise);
        _random = SeededRandom.For(seed, "lines");
        _change = SeededRandom.For(seed, "change");
        _labels = SeededRandom.For(seed, "labels");
        _times = SeededRandom.For(seed, "times");
        _scenarios = [.. Enum.GetValues<ScenarioKinds>().Select(k => options.Scenarios.FirstOrDefault(s => s.Kind == k))];
        _shipperOnset = Find(ScenarioKinds.NewShipper) is { } newShipper ? Onset(newShipper) : -1;

        var shippers = SeededRandom.For(seed, "shippers");
        _shippers = [.. Enumerable.Range(1, options.Shippers).Select(n => new Shipper(string.Create(CultureInfo.InvariantCulture, $"SHP-{n:D4}"), shippers, OwnGoods(shippers)))];
        var alien = SeededRandom.For(seed, "alien");
        _alien = new Shipper("SHP-NEW", alien, OwnGoods(alien)) { IsAlien = true };
        _shipper = _shippers[0];

        var moves = SeededRandom.For(seed, "moves");
        var shift = Find(ScenarioKinds.LabelShift)?.Strength ?? 0;
        _shifted = [.. Enumerable.Range(0, _goods.Length).Where(i => moves.Chance(shift) && _goods[i].Sibling >= 0)];
        var edition = Find(ScenarioKinds.EditionChange)?.Strength ?? 0;
        _editionChanged = [.. _shippers.Append(_alien).Select(s => s.Name).Where(_ => moves.Chance(edition))];
        _idPrefix = string.Create(CultureInfo.InvariantCulture, $"gen-{seed}-");
    }

    public IEnumerable<ShipmentLine> Generate(long count)
    {
        for (long i = 0; i < count; i++) { yield return Next(); }
    }

    public ShipmentLine Next()
    {
        var kinds = StartLine();
        string text;
        if (_entry >= 0 && _random.Chance(RepeatShare) && _shipper.TryRecall(_random, out var sent))
        {
            (text, _entry, kinds) = sent;
        }
        else
        {
            ChooseGoods(ref kinds);
            text = _text.Compose(ChoosePhrase(ref kinds), _goods[_entry].Chapter, _shipper, _random);
            _shipper.Remember(text, _entry, kinds);
        }

        var edition = _options.Edition;
        var goods = _goods[_entry];
        if (IsOn(ScenarioKinds.LabelShift) && _shifted.Contains(_entry))
        {
            goods = _goods[goods.Sibling];
            kinds |= ScenarioKinds.LabelShift;
        }

        if (Find(ScenarioKinds.EditionChange) is not null)
        {
            var hasChanged = IsOn(ScenarioKinds.EditionChange) && _editionChanged.Contains(_shipper.Name);
            edition = hasChanged ? NomenclatureEdition.Hs2022 : NomenclatureEdition.Hs2017;
            if (hasChanged) { kinds |= ScenarioKinds.EditionChange; }
        }

        var code = edition == NomenclatureEdition.Hs2022 ? goods.Code : goods.OldCode;
        var row = _row++;
        return new ShipmentLine(
            row, string.Create(CultureInfo.InvariantCulture, $"{_idPrefix}{row:D9}"), _shipper.Name, Time(row), text, Declare(code, edition), code, edition, kinds);
    }

    /// <summary>Opens the next consignment when the last one is complete, or when a new shipper appears.</summary>
    private ScenarioKinds StartLine()
    {
        if (_linesLeft-- <= 0 || _shipperOnset == _row)
        {
            _linesLeft = _random.Pick(ConsignmentLines) - 1;
            _shipper = _random.Pick(_shippers);
            if (IsOn(ScenarioKinds.NewShipper) && _change.Chance(Find(ScenarioKinds.NewShipper)!.Strength)) { _shipper = _alien; }
            _entry = -1;
        }

        return _shipper.IsAlien ? ScenarioKinds.NewShipper : ScenarioKinds.None;
    }

    private void ChooseGoods(ref ScenarioKinds kinds)
    {
        if (_entry < 0 || !_random.Chance(SameGoodsShare))
        {
            _entry = _options.Mix == CodeMix.Zipf && _random.Chance(OwnGoodsShare) ? _random.Pick(_shipper.Goods) : _popularity.Draw(_random);
        }

        if (IsOn(ScenarioKinds.ChangedMix) && _change.Chance(Find(ScenarioKinds.ChangedMix)!.Strength))
        {
            _entry = _otherPopularity.Draw(_change);
            kinds |= ScenarioKinds.ChangedMix;
        }
    }

    private string[] ChoosePhrase(ref ScenarioKinds kinds)
    {
        var goods = _goods[_entry];
        if (IsOn(ScenarioKinds.NewVocabulary) && goods.Novel.Length > 0 && _change.Chance(Find(ScenarioKinds.NewVocabulary)!.Strength))
        {
            kinds |= ScenarioKinds.NewVocabulary;
            return _change.Pick(goods.Novel);
        }

        return _random.Pick(goods.Phrases);
    }

    /// <summary>What the shipper puts on the paper: with label noise sometimes another code, mostly of the same heading.</summary>
    private HsCode Declare(HsCode code, NomenclatureEdition edition)
    {
        if (_options.LabelNoise == 0 || !_labels.Chance(_options.LabelNoise)) { return code; }
        var nomenclature = HsNomenclature.Of(edition);
        var siblings = nomenclature.Children(code.Heading);
        var wrong = siblings.Count > 1 && _labels.Chance(0.7) ? _labels.Pick(siblings) : _labels.Pick(nomenclature.Subheadings);
        while (wrong == code) { wrong = _labels.Pick(siblings.Count > 1 ? siblings : nomenclature.Subheadings); }
        return wrong;
    }

    /// <summary>A few kinds of goods by popularity, each with what stands near it in its chapter.</summary>
    private int[] OwnGoods(SeededRandom random)
    {
        var own = new List<int>();
        for (var i = 0; i < 8; i++)
        {
            var entry = _popularity.Draw(random);
            own.AddRange([entry, entry, entry]);
            for (var near = Math.Max(0, entry - 2); near <= Math.Min(_goods.Length - 1, entry + 2); near++)
            {
                if (_goods[near].Chapter == _goods[entry].Chapter) { own.Add(near); }
            }
        }

        return [.. own];
    }

    /// <summary>One a row's interval, at an uneven moment of it; never before the row before.</summary>
    private DateTimeOffset Time(long row) =>
        _options.Start + (row * _options.Interval) + TimeSpan.FromTicks(_times.Below(_options.Interval.Ticks));

    private Scenario? Find(ScenarioKinds kind) => _scenarios[Slot(kind)];

    private bool IsOn(ScenarioKinds kind) => Find(kind) is { } scenario && _row >= Onset(scenario);

    private long Onset(Scenario scenario) => scenario.Onset ?? _options.ExpectedCount / 2;

    /// <summary>Position among the values: none, 1, 2, 4, ...</summary>
    private static int Slot(ScenarioKinds kind) => kind == ScenarioKinds.None ? 0 : int.TrailingZeroCount((int)kind) + 1;
}
