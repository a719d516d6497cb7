using HsStream.Domain.Messages;
using HsStream.Domain.Replay;
using HsStream.Service.Scoring;
using HsStream.Store.Reading;

namespace HsStream.Cli.Replay;

/// <summary>A past decision and what came of executing it again.</summary>
/// <param name="Again">Null when it could not be executed.</param>
/// <param name="Differences">What differs, or why it could not be executed.</param>
internal sealed record ReplayedDecision(LedgerPrediction Recorded, ReplayVerdict Verdict, Prediction? Again, double LargestDelta, IReadOnlyList<string> Differences);

/// <summary>Executes past decisions again: the recorded text through the recorded model under the recorded profile.</summary>
internal sealed class Replayer(ReplayModels models)
{
    /// <returns>In the order of the decisions.</returns>
    public async Task<ReplayedDecision[]> ReplayAsync(IReadOnlyList<LedgerPrediction> decisions, CancellationToken cancellationToken)
    {
        var replayed = new ReplayedDecision[decisions.Count];
        var work = Enumerable.Range(0, decisions.Count).ToLookup(i => (decisions[i].Prediction.ModelVersion, Options: ReplayModels.OptionsOf(decisions[i].Prediction.Profile)));
        foreach (var group in work)
        {
            var executable = new List<int>();
            foreach (var i in group)
            {
                if (decisions[i].Goods is not null) { executable.Add(i); }
                else
                {
                    replayed[i] = Not(decisions[i], ReplayVerdict.Erased, decisions[i].IsErased ? "the text was erased" : "the ledger has no text with this input hash");
                }
            }

            if (executable.Count == 0) { continue; }
            if (await models.GetAsync(group.Key.ModelVersion, group.Key.Options, cancellationToken) is not { } loaded)
            {
                foreach (var i in executable) { replayed[i] = Not(decisions[i], ReplayVerdict.NoBundle, models.Missing[group.Key.ModelVersion]); }
                continue;
            }

            var scored = loaded.Pool.Score([.. executable.Select(i => decisions[i].Goods!.Text)]);
            for (var n = 0; n < scored.Length; n++)
            {
                var decision = decisions[executable[n]];
                replayed[executable[n]] = Judge(decision, Message(scored[n], decision, group.Key.Options));
            }
        }

        return replayed;
    }

    /// <summary>Says what a model answers in the words of a recorded prediction.</summary>
    public static Prediction Message(Scoring.Onnx.HsPrediction scored, LedgerPrediction decision, Scoring.Onnx.ScoringOptions options)
    {
        var recorded = decision.Prediction;
        var described = new ProductDescription { DescriptionId = recorded.DescriptionId, Text = decision.Goods!.Text, Source = recorded.Source };
        return scored.ToMessage(new ScoringItem(described, recorded.Origin, recorded.Timing.DescribedAt, 0), options, recorded.Timing, recorded.ExperimentId);
    }

    private static ReplayedDecision Judge(LedgerPrediction decision, Prediction again)
    {
        var comparison = PredictionComparison.Of(decision.Prediction, again);
        // A profile explains a difference and is none itself.
        string[] explanation = comparison.Verdict != ReplayVerdict.Identical && decision.Prediction.Profile != again.Profile
            ? [$"computed on {Show(decision.Prediction.Profile)}, now on {Show(again.Profile)}"]
            : [];
        return new ReplayedDecision(decision, comparison.Verdict, again, comparison.LargestDelta, [.. comparison.Differences, .. explanation]);
    }

    private static ReplayedDecision Not(LedgerPrediction decision, ReplayVerdict verdict, string why) => new(decision, verdict, null, 0, [why]);

    private static string Show(PredictionProfile profile) =>
        $"{profile.Provider} {profile.Instructions}, ONNX Runtime {profile.RuntimeVersion}, {profile.BatchRows} rows of {profile.NgramWidth} n-grams and {profile.TokenWidth} tokens, {profile.IntraOpThreads} threads";
}
