using System.Collections.Concurrent;
using System.Text;
using HsStream.Domain.Messages;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Onnx;

namespace HsStream.Service.Scoring;

/// <summary>From what a model says to the record that goes out.</summary>
internal static class PredictionMapping
{
    // Flags come in few combinations.
    private static readonly ConcurrentDictionary<Enum, IReadOnlyList<string>> Words = new();

    public static Prediction ToMessage(
        this HsPrediction scored, ScoringItem item, ScoringOptions options, PredictionTiming timing, string? experimentId)
    {
        var decision = scored.Decision;
        var profile = scored.Profile;
        return new Prediction
        {
            PredictionId = PredictionId.Of(item.Description.DescriptionId, scored.InputHash, scored.ModelVersion),
            DescriptionId = item.Description.DescriptionId,
            InputHash = scored.InputHash,
            Origin = item.Origin,
            ModelVersion = scored.ModelVersion,
            EncoderHash = scored.EncoderHash,
            Edition = scored.Edition,
            Code = scored.Code,
            Outcome = decision.Outcome == Outcome.Auto ? PredictionOutcome.Auto : PredictionOutcome.Review,
            DecidedLevel = decision.Level,
            DecidedCode = decision.Code,
            Reasons = UpperSnake(decision.Reasons),
            Confidence = new Confidence(decision.SubheadingChance, decision.HeadingChance, decision.ChapterChance),
            Subheadings = Ranking(scored.Subheadings),
            Headings = Ranking(scored.Headings),
            Chapters = Ranking(scored.Chapters),
            Plausible = scored.Sets is { } sets ? new PlausibleCodes(sets.Coverage, Codes(sets.Subheadings), Codes(sets.Headings), Codes(sets.Chapters)) : null,
            Issues = UpperSnake(scored.Issues),
            Profile = new PredictionProfile(
                profile.Provider, profile.RuntimeVersion, profile.Instructions, profile.IntraOpThreads, profile.BatchRows, profile.NgramWidth,
                profile.TokenWidth, options.TopK, options.Coverage),
            Timing = timing,
            ExperimentId = experimentId,
            Source = item.Description.Source,
        };
    }

    /// <returns>LOW_CONFIDENCE and so on; empty for none.</returns>
    public static IReadOnlyList<string> UpperSnake<T>(T flags)
        where T : struct, Enum =>
        Words.GetOrAdd(flags, static all => [.. Enum.GetValues<T>().Where(flag => Convert.ToInt64(flag, null) != 0 && all.HasFlag(flag)).Select(flag => Word($"{flag}"))]);

    private static string Word(string name)
    {
        var word = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && word.Length > 0) { word.Append('_'); }
            word.Append(char.ToUpperInvariant(letter));
        }

        return word.ToString();
    }

    private static CodeProbability[] Ranking(IReadOnlyList<RankedCode> ranked)
    {
        var ranking = new CodeProbability[ranked.Count];
        for (var i = 0; i < ranking.Length; i++) { ranking[i] = new CodeProbability(ranked[i].Code, ranked[i].Probability); }
        return ranking;
    }

    private static CodeSet Codes(PredictionSet set) => new(set.Size, set.Codes);
}
