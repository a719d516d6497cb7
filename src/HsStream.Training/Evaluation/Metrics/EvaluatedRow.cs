using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Onnx;

namespace HsStream.Training.Evaluation.Metrics;

/// <summary>What a model said about one description, and what was true.</summary>
/// <param name="Ranking">Subheadings, best first, with probabilities; may be empty, which is wrong at every level.</param>
/// <param name="Heading">The heading with the highest summed probability, which need not be that of the best subheading.</param>
/// <param name="Decision">Null when the model makes none.</param>
/// <param name="Sets">Null when the model gives none.</param>
public sealed record EvaluatedRow(
    HsCode Truth, IReadOnlyList<RankedCode> Ranking, RankedCode Heading, RankedCode Chapter, Decision? Decision, SetOutcomes? Sets)
{
    public static EvaluatedRow Of(HsCode truth, HsPrediction prediction) => new(
        truth,
        prediction.Subheadings,
        prediction.Headings[0],
        prediction.Chapters[0],
        prediction.Decision,
        prediction.Sets is not { } sets ? null : new SetOutcomes(
            sets.Coverage,
            SetOutcome.Of(sets.Subheadings, truth),
            SetOutcome.Of(sets.Headings, truth.Heading),
            SetOutcome.Of(sets.Chapters, truth.Chapter)));

    /// <summary>Best code of a level by the ranking; none when the ranking is empty.</summary>
    public HsCode? Best(HsLevel level) => Ranking.Count == 0 ? null : Ranking[0].Code.AtLevel(level);

    public bool IsRight(HsLevel level) => Best(level) == Truth.AtLevel(level);

    /// <summary>Whether the true code is among the first <paramref name="k"/> different codes of the level, in rank order.</summary>
    public bool IsAmong(HsLevel level, int k)
    {
        var truth = Truth.AtLevel(level);
        Span<HsCode> seen = stackalloc HsCode[k];
        var count = 0;
        foreach (var ranked in Ranking)
        {
            var code = ranked.Code.AtLevel(level);
            if (code == truth) { return true; }
            if (seen[..count].Contains(code)) { continue; }
            seen[count++] = code;
            if (count == k) { return false; }
        }

        return false;
    }
}

/// <param name="Coverage">What the sets promise.</param>
public sealed record SetOutcomes(double Coverage, SetOutcome Subheading, SetOutcome Heading, SetOutcome Chapter)
{
    public SetOutcome At(HsLevel level) => level switch
    {
        HsLevel.Subheading => Subheading,
        HsLevel.Heading => Heading,
        _ => Chapter,
    };
}

/// <param name="Size">Codes in the set.</param>
/// <param name="IsCovered">Whether the true one is.</param>
public readonly record struct SetOutcome(int Size, bool IsCovered)
{
    /// <exception cref="ArgumentException">The set lists fewer codes than it has, so it cannot be told.</exception>
    public static SetOutcome Of(PredictionSet set, HsCode truth) => set.Codes.Count == set.Size
        ? new SetOutcome(set.Size, set.Codes.Contains(truth))
        : throw new ArgumentException($"Expected a set with all its {set.Size} codes, got {set.Codes.Count}; raise {nameof(ScoringOptions.MaxListedSet)}.");
}
