using HsStream.Domain.Nomenclature;

namespace HsStream.Domain.Messages;

/// <summary>A person's judgement on the code of one description; see <c>schemas/LabelCorrection.avsc</c>.</summary>
public sealed record LabelCorrection
{
    public required string CorrectionId { get; init; }

    public required string DescriptionId { get; init; }

    /// <summary>A subheading of <see cref="Edition"/>.</summary>
    public required HsCode Code { get; init; }

    public required NomenclatureEdition Edition { get; init; }

    public required string CorrectedBy { get; init; }

    public required string Reason { get; init; }

    public string? Evidence { get; init; }

    public required DateTimeOffset CorrectedAt { get; init; }

    /// <summary>The text that was judged; null means the newest revision.</summary>
    public string? InputHash { get; init; }

    /// <summary>The prediction that the person saw; null when none was shown.</summary>
    public string? PredictionId { get; init; }

    public CorrectionKind Kind { get; init; }

    /// <summary>Chance with which the item was drawn, above 0 and at most 1; null when it was not drawn.</summary>
    public double? SamplingProbability { get; init; }
}

public enum CorrectionKind
{
    Review,

    /// <summary>The prediction was hidden.</summary>
    Blind,

    /// <summary>Settles a disagreement.</summary>
    Settlement,
}
