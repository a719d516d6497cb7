using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;
using HsStream.Training.Export;
using HsStream.Training.Fitting;
using HsStream.Training.Networks;

namespace HsStream.Training.Modelling;

/// <summary>Everything that a model is a function of, besides its rows.</summary>
public sealed record ModelSettings
{
    /// <summary>A name of <see cref="Architectures"/>; what the manifest calls the model.</summary>
    public string Architecture { get; init; } = Architectures.Default;

    /// <summary>Null takes the named architecture as it is.</summary>
    public NetworkDefinition? Network { get; init; }

    public EncoderDefinition Encoder { get; init; } = DefaultEncoder;

    /// <summary>N-grams of one or two texts say little and would be most of the bundle.</summary>
    private static EncoderDefinition DefaultEncoder { get; } = new() { Ngrams = new NgramDefinition { WordMinTexts = 2, CharacterMinTexts = 3 } };

    public TrainingOptions Training { get; init; } = new();

    public CalibrationOptions Calibration { get; init; } = new() { BoundConfidence = 0.75 };

    public ExportOptions Export { get; init; } = new(WeightPrecision.Eight, WeightPrecision.Half);

    public NomenclatureEdition Edition { get; init; } = NomenclatureEdition.Hs2022;

    public long Seed { get; init; } = 1;

    /// <summary>Weight of a shipped catalogue phrase beside a row of the data, which weighs 1; 0 leaves the catalogue out. 0 to 10.</summary>
    public double CatalogueWeight { get; init; } = 0.3;

    /// <summary>Share of the texts that a first run leaves out to calibrate on; the model itself then learns from all of them. 0.02 to 0.5.</summary>
    /// <remarks>
    /// With n calibration rows the coverage of the sets varies by about sqrt(0.09 / n) around its promise, whatever the model: 0.55 points for a tenth of
    /// 30,000 rows, 0.27 for two parts of a fifth.
    /// </remarks>
    public double CalibrationShare { get; init; } = 0.2;

    /// <summary>First runs, each of which leaves another part out; each takes about the time of the final one. 1 to 20, and with the share at most all rows.</summary>
    public int CalibrationParts { get; init; } = 2;

    /// <summary>Whether rows whose texts differ in digits, case and punctuation only, under the same code, count once.</summary>
    public bool CollapseDuplicates { get; init; } = true;

    /// <summary>Training texts kept in the bundle to be shown as precedents, spread evenly over the rows. 0 to 1,000,000.</summary>
    public int MaxPrecedents { get; init; } = 50_000;

    public NetworkDefinition Definition => Network ?? Architectures.Get(Architecture);

    /// <exception cref="HyperParameterException">A value is out of range.</exception>
    public void Validate()
    {
        Definition.Validate();
        Training.Validate();
        Encoder.Validate();
        HyperParameterException.RequireRange(CatalogueWeight, 0, 10, "catalogue_weight");
        HyperParameterException.RequireRange(CalibrationShare, 0.02, 0.5, "calibration_share");
        HyperParameterException.RequireRange(CalibrationParts, 1, Math.Min(20, (int)(1.0001 / CalibrationShare)), "calibration_parts");
        HyperParameterException.RequireRange(MaxPrecedents, 0, 1_000_000, "max_precedents");
    }
}
