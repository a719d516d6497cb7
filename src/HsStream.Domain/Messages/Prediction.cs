using HsStream.Domain.Nomenclature;

namespace HsStream.Domain.Messages;

/// <summary>The code predicted for one description; see <c>schemas/HsPrediction.avsc</c>.</summary>
public sealed record Prediction
{
    /// <summary><see cref="Messages.PredictionId.Of"/>.</summary>
    public required string PredictionId { get; init; }

    public required string DescriptionId { get; init; }

    /// <summary><see cref="TextHash.Of"/>.</summary>
    public required string InputHash { get; init; }

    /// <summary>The description record that this answers.</summary>
    public required RecordPosition Origin { get; init; }

    /// <summary><c>sha256:</c> and 64 hexadecimal digits.</summary>
    public required string ModelVersion { get; init; }

    public required string EncoderHash { get; init; }

    public required NomenclatureEdition Edition { get; init; }

    /// <summary>The likeliest subheading, also when a person is to look first.</summary>
    public required HsCode Code { get; init; }

    public required PredictionOutcome Outcome { get; init; }

    /// <summary>The deepest level that is sure enough.</summary>
    public required HsLevel DecidedLevel { get; init; }

    /// <summary>The code at that level; null at <see cref="HsLevel.None"/>.</summary>
    public HsCode? DecidedCode { get; init; }

    /// <summary>Upper-case words, such as LOW_CONFIDENCE; an open set.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    public required Confidence Confidence { get; init; }

    /// <summary>Best first; at least one.</summary>
    public required IReadOnlyList<CodeProbability> Subheadings { get; init; }

    public required IReadOnlyList<CodeProbability> Headings { get; init; }

    public required IReadOnlyList<CodeProbability> Chapters { get; init; }

    public PlausibleCodes? Plausible { get; init; }

    /// <summary>Upper-case words, such as TRUNCATED; an open set.</summary>
    public required IReadOnlyList<string> Issues { get; init; }

    public required PredictionProfile Profile { get; init; }

    public required PredictionTiming Timing { get; init; }

    public string? ExperimentId { get; init; }

    public string? Source { get; init; }
}

/// <summary>AUTO: good enough to file. REVIEW: a person looks first.</summary>
public enum PredictionOutcome
{
    Review,
    Auto,
}

/// <param name="Probability">Calibrated, 0 to 1.</param>
public readonly record struct CodeProbability(HsCode Code, float Probability);

/// <summary>Chance that the first code of each level is right, 0 to 1.</summary>
public readonly record struct Confidence(float Subheading, float Heading, float Chapter);

/// <param name="Coverage">Share of descriptions whose true code is in the set.</param>
public sealed record PlausibleCodes(double Coverage, CodeSet Subheadings, CodeSet Headings, CodeSet Chapters);

/// <param name="Size">Codes in the set.</param>
/// <param name="Codes">Likeliest first; may be cut.</param>
public sealed record CodeSet(int Size, IReadOnlyList<HsCode> Codes);

/// <summary>On what a prediction was computed: executed again under the same profile, it has the same bits.</summary>
/// <param name="NgramWidth">Padded n-grams of the run; 0 when the model reads none.</param>
/// <param name="TokenWidth">Padded tokens of the run; 0 when the model reads none.</param>
/// <param name="TopK">Codes in the rankings.</param>
/// <param name="Coverage">Wanted coverage of the conformal sets.</param>
public sealed record PredictionProfile(
    string Provider, string RuntimeVersion, string Instructions, int IntraOpThreads, int BatchRows, int NgramWidth, int TokenWidth,
    int TopK, double Coverage);

/// <param name="DescribedAt">Timestamp of the description's record.</param>
/// <param name="Queue">From leaving the consumer until its batch was scored.</param>
/// <param name="Scoring">Scoring of its whole batch.</param>
public sealed record PredictionTiming(DateTimeOffset DescribedAt, DateTimeOffset ScoredAt, TimeSpan Queue, TimeSpan Scoring, int BatchRecords);
