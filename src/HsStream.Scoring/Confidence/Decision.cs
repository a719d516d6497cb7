using HsStream.Domain.Nomenclature;

namespace HsStream.Scoring.Confidence;

/// <summary>Who decides.</summary>
public enum Outcome
{
    /// <summary>A person looks first.</summary>
    Review,

    /// <summary>The best subheading stands without a person.</summary>
    Auto,
}

/// <summary>Why a decision is what it is. A closed set: values may be counted and alerted on.</summary>
[Flags]
public enum DecisionReasons
{
    None = 0,

    /// <summary>The chance of the best subheading reaches the threshold. Alone with <see cref="Outcome.Auto"/>.</summary>
    Confident = 1,

    /// <summary>It does not; the decision backs off to the level that does.</summary>
    LowConfidence = 2,

    /// <summary>The words of the text say too little about any heading.</summary>
    TooVague = 4,

    /// <summary>Training saw none of the words.</summary>
    UnknownWords = 8,

    /// <summary>Nothing to read.</summary>
    EmptyText = 16,

    /// <summary>Longer than what is read.</summary>
    TruncatedText = 32,

    /// <summary>Invalid encoding or control characters: part of the text may be lost.</summary>
    DamagedText = 64,

    /// <summary>Training saw this very text under several codes.</summary>
    AmbiguousPrecedents = 128,

    /// <summary>The model has no decision thresholds, or none that reached its precision target.</summary>
    NotCalibrated = 256,

    /// <summary>The model gave a score that is no number.</summary>
    ModelFailure = 512,
}

/// <summary>From which chance on each level is decided.</summary>
public sealed record DecisionThresholds
{
    public LevelThreshold Subheading { get; init; } = LevelThreshold.Never(0.9);

    public LevelThreshold Heading { get; init; } = LevelThreshold.Never(0.9);

    public LevelThreshold Chapter { get; init; } = LevelThreshold.Never(0.9);
}

/// <summary>What to do with a prediction.</summary>
/// <param name="Level">The deepest level that is sure enough; None when not even the chapter is. Subheading whenever the outcome is AUTO.</param>
/// <param name="Code">Best code of that level; null when there is none.</param>
/// <param name="SubheadingChance">Chance, 0 to 1, that the best subheading is right; likewise for the levels above.</param>
public sealed record Decision(
    Outcome Outcome, HsLevel Level, HsCode? Code, DecisionReasons Reasons, float SubheadingChance, float HeadingChance, float ChapterChance);
