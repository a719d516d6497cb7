using System.ComponentModel.DataAnnotations;

namespace HsStream.Scoring.Confidence;

/// <summary>What confidence is to promise.</summary>
public sealed record CalibrationOptions
{
    public ConformalMethod ConformalMethod { get; init; } = ConformalMethod.LeastAmbiguous;

    /// <summary>Coverages that sets are fitted for, rising.</summary>
    public IReadOnlyList<double> Coverages { get; init; } = [0.8, 0.9, 0.95, 0.99];

    /// <summary>Share of right answers among the subheadings that are decided without a person.</summary>
    [Range(0.01, 0.9999)]
    public double SubheadingPrecision { get; init; } = 0.9;

    /// <summary>Share of right answers among the headings that a decision backs off to.</summary>
    [Range(0.01, 0.9999)]
    public double HeadingPrecision { get; init; } = 0.9;

    [Range(0.01, 0.9999)]
    public double ChapterPrecision { get; init; } = 0.9;

    /// <summary>How the measured precision is guarded against luck.</summary>
    public PrecisionBound Bound { get; init; } = PrecisionBound.Wilson;

    /// <summary>One-sided confidence of the bound.</summary>
    [Range(0.5, 0.9999)]
    public double BoundConfidence { get; init; } = 0.9;

    /// <summary>Fewest calibration rows that a threshold may rest on.</summary>
    [Range(1, 1_000_000)]
    public int MinimumRows { get; init; } = 30;

    /// <summary>Share of the calibration texts, the least telling ones, at whose information a text counts as too vague.</summary>
    [Range(0, 0.5)]
    public double VagueShare { get; init; } = 0.01;
}
