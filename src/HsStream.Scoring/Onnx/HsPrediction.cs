using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Onnx;

/// <summary>Everything that is said about one description, and what it takes to say it again.</summary>
public sealed record HsPrediction
{
    /// <summary><c>sha256:</c>... of the bundle.</summary>
    public required string ModelVersion { get; init; }

    public required string EncoderHash { get; init; }

    /// <summary><c>sha256:</c>... of the text's UTF-8.</summary>
    public required string InputHash { get; init; }

    public required NomenclatureEdition Edition { get; init; }

    /// <summary>The likeliest subheadings, best first; at least one.</summary>
    public required IReadOnlyList<RankedCode> Subheadings { get; init; }

    public required IReadOnlyList<RankedCode> Headings { get; init; }

    public required IReadOnlyList<RankedCode> Chapters { get; init; }

    /// <summary>Null when the model was not calibrated for the wanted coverage.</summary>
    public required PredictionSets? Sets { get; init; }

    public required Decision Decision { get; init; }

    public required TextIssues Issues { get; init; }

    public required ExecutionProfile Profile { get; init; }

    /// <summary>The one code that goes out with the prediction: the likeliest subheading, also when a person is to look first.</summary>
    public HsCode Code => Subheadings[0].Code;
}

/// <param name="Probability">Calibrated, 0 to 1; that of the first subheading is the chance that the decision rests on, see <see cref="Publication"/>.</param>
public readonly record struct RankedCode(HsCode Code, float Probability);

/// <summary>The codes that are plausible at the promised coverage, at each level.</summary>
/// <param name="Coverage">Share of descriptions whose true code is in the set.</param>
public sealed record PredictionSets(double Coverage, PredictionSet Subheadings, PredictionSet Headings, PredictionSet Chapters);

/// <param name="Size">Codes in the set; at least 1.</param>
/// <param name="Codes">Likeliest first; the first <see cref="ScoringOptions.MaxListedSet"/> when the set is larger.</param>
public sealed record PredictionSet(int Size, IReadOnlyList<HsCode> Codes);
