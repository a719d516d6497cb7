using System.CommandLine;
using System.Globalization;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;

namespace HsStream.Cli.Generate;

/// <summary>The options that say which lines are made.</summary>
internal sealed class GenerateFlags
{
    private const long StandardCount = 10_000;
    private const double MaxRate = 1_000_000;

    private readonly Option<long?> _count = CommonOptions.Number("--count", 1, "Lines to make; default: 10000.");
    private readonly Option<long?> _seed = CommonOptions.Number("--seed", 0, "Same seed, same lines; default: 1.");
    private readonly Option<double> _noise = Number("--noise", 0.4, "0: phrases as they are; 1: as bad as shipment lines get.", "0..1");
    private readonly Option<double> _labelNoise = Number("--label-noise", 0, "Share of lines that declare a wrong code.", "0..1");
    private readonly Option<string> _mix = new("--mix") { Description = "How often codes occur: a few often and most rarely, or all alike.", HelpName = "zipf|uniform", DefaultValueFactory = _ => "zipf" };
    private readonly Option<long?> _shippers = CommonOptions.Number("--shippers", 1, "Houses that send goods, each with its own style; default: 40.");
    private readonly Option<string> _edition = new("--edition") { Description = "Edition of the codes.", HelpName = "HS2017|HS2022", DefaultValueFactory = _ => NomenclatureEdition.Hs2022.Name };
    private readonly Option<string?> _start = new("--start") { Description = "Time of the first line, ISO 8601 or 'now'; default: 2026-01-01T00:00:00Z.", HelpName = "TIME" };
    private readonly Option<double> _rate = Number("--rate", 10, "Lines a second, by their times.", "N");
    private readonly Option<string[]> _scenarios = new("--scenario")
    {
        Description = $"How the stream changes: {string.Join(", ", Scenario.Names)}; from a row on (default: half-way), with a strength up to 1. May be given several times.",
        HelpName = "NAME[@ROW][:STRENGTH]",
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command verb)
    {
        foreach (var option in (Option[])[_count, _seed, _noise, _labelNoise, _mix, _shippers, _edition, _start, _rate, _scenarios]) { verb.Add(option); }
    }

    public (ShipmentGenerator Generator, long Count) Read(ParseResult parsed, TimeProvider time)
    {
        var count = parsed.GetValue(_count) ?? StandardCount;
        var standard = new GeneratorOptions();
        try
        {
            var options = standard with
            {
                Seed = (ulong)(parsed.GetValue(_seed) ?? (long)standard.Seed),
                Noise = Share(parsed, _noise),
                LabelNoise = Share(parsed, _labelNoise),
                Mix = parsed.GetValue(_mix) switch
                {
                    "zipf" => CodeMix.Zipf,
                    "uniform" => CodeMix.Uniform,
                    var other => throw new OperatorException($"--mix is '{other}'; expected zipf or uniform"),
                },
                Shippers = (int)Math.Min(parsed.GetValue(_shippers) ?? standard.Shippers, int.MaxValue),
                Edition = NomenclatureEdition.Parse(parsed.GetValue(_edition)!),
                Start = StartOf(parsed.GetValue(_start), standard.Start, time),
                Interval = Interval(parsed),
                Scenarios = [.. parsed.GetValue(_scenarios)!.Select(Scenario.Parse)],
                ExpectedCount = count,
            };
            return (new ShipmentGenerator(ProductCatalogue.Shipped, options), count);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new OperatorException(e.Message, e);
        }
    }

    public TimeSpan Interval(ParseResult parsed)
    {
        var rate = parsed.GetValue(_rate);
        return rate is > 0 and <= MaxRate ? TimeSpan.FromSeconds(1 / rate)
            : throw new OperatorException(string.Create(CultureInfo.InvariantCulture, $"--rate is {rate}; expected lines a second above 0, at most {MaxRate}"));
    }

    private static double Share(ParseResult parsed, Option<double> option) => parsed.GetValue(option) is var share and >= 0 and <= 1 ? share
        : throw new OperatorException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {parsed.GetValue(option)}; expected a number from 0 to 1"));

    private static DateTimeOffset StartOf(string? text, DateTimeOffset standard, TimeProvider time) => text switch
    {
        null => standard,
        "now" => time.GetUtcNow(),
        _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start) => start,
        _ => throw new OperatorException($"--start is '{text}'; expected a time such as 2026-01-01T00:00:00Z, or now"),
    };

    private static Option<double> Number(string name, double standard, string what, string help) => new(name)
    {
        Description = what,
        HelpName = help,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) { return number; }
            result.AddError($"{name} is '{text}'; expected a number");
            return 0;
        },
    };
}
