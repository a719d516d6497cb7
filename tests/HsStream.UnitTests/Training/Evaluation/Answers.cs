using System.Globalization;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Onnx;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.UnitTests.Training.Evaluation;

/// <summary>Answers written by hand, so that figures can be checked with pencil and paper.</summary>
internal static class Answers
{
    /// <param name="ranked">Codes, best first; "940180:0.7" gives its probability, else they fall from 0.5 by halves.</param>
    /// <param name="chance">Of the decision; null for no decision. From 0.9 on it is AUTO.</param>
    public static EvaluatedRow Row(string truth, string ranked, float? chance = null, SetOutcomes? sets = null)
    {
        var codes = ranked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, i) => text.Split(':') is [var code, var p]
            ? new RankedCode(HsCode.Parse(code), float.Parse(p, CultureInfo.InvariantCulture))
            : new RankedCode(HsCode.Parse(text), MathF.Pow(0.5f, i + 1))).ToList();
        return new EvaluatedRow(
            HsCode.Parse(truth), codes, Best(codes, HsLevel.Heading), Best(codes, HsLevel.Chapter), chance is { } c && codes.Count > 0 ? Decide(codes, c) : null, sets);
    }

    public static SetOutcomes Sets(int size, bool isCovered) =>
        new(0.9, new SetOutcome(size, isCovered), new SetOutcome(Math.Max(1, size / 2), true), new SetOutcome(1, isCovered));

    private static Decision Decide(List<RankedCode> codes, float chance) => chance >= 0.9f
        ? new Decision(Outcome.Auto, HsLevel.Subheading, codes[0].Code, DecisionReasons.Confident, chance, chance, chance)
        : chance >= 0.5f ? new Decision(Outcome.Review, HsLevel.Heading, codes[0].Code.Heading, DecisionReasons.LowConfidence, chance, chance, chance)
        : new Decision(Outcome.Review, HsLevel.None, null, DecisionReasons.LowConfidence | DecisionReasons.TooVague, chance, chance, chance);

    private static RankedCode Best(List<RankedCode> codes, HsLevel level) =>
        codes.GroupBy(c => c.Code.AtLevel(level)).Select(g => new RankedCode(g.Key, g.Sum(c => c.Probability))).OrderByDescending(c => c.Probability).FirstOrDefault();
}
