using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Onnx;

namespace HsStream.Scoring.Explanation;

/// <summary>Why a text got its code.</summary>
/// <param name="RunnerUp">The second likeliest subheading; null when the model has one label.</param>
/// <param name="Tokens">In the order of the text.</param>
/// <param name="IsPartial">Whether the text has more words than were tried.</param>
/// <param name="Precedents">Nearest training texts; empty when the bundle has none.</param>
public sealed record PredictionExplanation(
    HsPrediction Prediction, HsCode? RunnerUp, IReadOnlyList<TokenEffect> Tokens, bool IsPartial, IReadOnlyList<Precedent> Precedents);

/// <summary>What one word does: the difference between the text and the text without it, both scored in full.</summary>
/// <param name="Word">As the encoder reads it.</param>
/// <param name="Start">First UTF-16 unit in the text.</param>
/// <param name="Length">UTF-16 units.</param>
/// <param name="Effect">Printed probability of the predicted code that the word adds; below 0 when it speaks against it.</param>
/// <param name="RunnerUpEffect">Likewise for the runner-up.</param>
/// <param name="CodeWithout">The code that the text would get without the word.</param>
public sealed record TokenEffect(string Word, int Start, int Length, float Effect, float RunnerUpEffect, HsCode CodeWithout);

public sealed record ExplanationOptions
{
    /// <summary>Most words that are left out one by one; each costs a run of the model for one row.</summary>
    public int MaxTokens { get; init; } = 128;

    public int Precedents { get; init; } = 5;
}
