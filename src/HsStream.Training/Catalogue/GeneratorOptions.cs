using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Catalogue;

/// <summary>How often the codes of the catalogue occur.</summary>
public enum CodeMix
{
    /// <summary>A few codes are most of the trade, most codes are rare; weight 1/(rank + 3), ranks drawn by the seed.</summary>
    Zipf,

    /// <summary>Every code alike.</summary>
    Uniform,
}

public sealed record GeneratorOptions
{
    public ulong Seed { get; init; } = 1;

    /// <summary>0: the catalogue's phrases as they are. 1: as bad as shipment lines get.</summary>
    public double Noise { get; init; } = 0.4;

    /// <summary>Share of lines that declare a wrong code, mostly one of the same heading.</summary>
    public double LabelNoise { get; init; }

    public CodeMix Mix { get; init; } = CodeMix.Zipf;

    public int Shippers { get; init; } = 40;

    /// <summary>Edition of the codes; an edition change starts at HS 2017 whatever this says.</summary>
    public NomenclatureEdition Edition { get; init; } = NomenclatureEdition.Hs2022;

    public DateTimeOffset Start { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Mean distance of the lines' times.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(100);

    public IReadOnlyList<Scenario> Scenarios { get; init; } = [];

    /// <summary>The onset of scenarios that name none is half of this.</summary>
    public long ExpectedCount { get; init; } = 10_000;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Validate()
    {
        Require(Noise is >= 0 and <= 1, nameof(Noise), "from 0 to 1", Noise);
        Require(LabelNoise is >= 0 and <= 1, nameof(LabelNoise), "from 0 to 1", LabelNoise);
        Require(Shippers is >= 1 and <= 10_000, nameof(Shippers), "from 1 to 10000", Shippers);
        Require(Interval > TimeSpan.Zero, nameof(Interval), "above zero", Interval);
        Require(Scenarios.All(s => s.Strength is > 0 and <= 1), nameof(Scenarios), "strengths above 0 and at most 1", string.Join(", ", Scenarios.Select(s => s.Strength)));
        Require(Scenarios.DistinctBy(s => s.Kind).Count() == Scenarios.Count, nameof(Scenarios), "each kind once", Scenarios.Count);

        static void Require(bool isGood, string name, string expected, object got)
        {
            if (!isGood) { throw new ArgumentException($"Expected {name} {expected}, got {got}."); }
        }
    }
}
