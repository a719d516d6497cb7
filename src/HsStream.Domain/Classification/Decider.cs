using System.Diagnostics;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using static HsStream.Domain.Classification.ClassificationCommand;
using static HsStream.Domain.Classification.ClassificationEvent;

namespace HsStream.Domain.Classification;

/// <summary>The rules of one description id. The order in which its facts arrive is free: a prediction may come before its description.</summary>
public static class ClassificationDecider
{
    private const char OfPrediction = 'p';
    private const char OfShadow = 's';
    private const char OfCorrection = 'c';

    /// <returns>No events when the command repeats what is already recorded.</returns>
    public static Decision<ClassificationEvent> Decide(ClassificationState state, ClassificationCommand command) => command switch
    {
        DescribeGoods c => Describe(state, c),
        PredictCode c => Predict(state, c.Prediction, c.Origin, isShadow: false),
        PredictInShadow c => Predict(state, c.Prediction, c.Origin, isShadow: true),
        CorrectLabel c => Correct(state, c),
        ClassificationCommand.EraseText c => Erase(state, c),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    public static ClassificationState Evolve(ClassificationState state, ClassificationEvent fact)
    {
        var next = state with { Version = state.Version + 1 };
        return fact switch
        {
            GoodsDescribed e => next with
            {
                Texts = state.Texts.Add(e.InputHash),
                WithText = e.Goods is null ? state.WithText : state.WithText.Add(next.Version),
            },
            CodePredicted e => next with { Predictions = state.Predictions.SetItem(e.Prediction.PredictionId, ContentDigest.Of(e.Prediction)) },
            ShadowPredicted e => next with { ShadowPredictions = state.ShadowPredictions.SetItem(e.Prediction.PredictionId, ContentDigest.Of(e.Prediction)) },
            PredictionConflicted e => next with
            {
                Conflicts = state.Conflicts.Add((e.IsShadow ? OfShadow : OfPrediction, e.Prediction.PredictionId, ContentDigest.Of(e.Prediction))),
            },
            LabelCorrected e => next with { Corrections = state.Corrections.SetItem(e.Correction.CorrectionId, ContentDigest.Of(e.Correction)) },
            CorrectionConflicted e => next with { Conflicts = state.Conflicts.Add((OfCorrection, e.Correction.CorrectionId, ContentDigest.Of(e.Correction))) },
            TextErased e => next with { WithText = state.WithText.RemoveRange(e.Versions) },
            _ => throw new UnreachableException(fact.GetType().Name),
        };
    }

    private static Decision<ClassificationEvent> Describe(ClassificationState state, DescribeGoods command)
    {
        var description = command.Description;
        var hash = TextHash.Of(description.Text);

        // Also after an erasure: the erased text does not come back by being delivered again.
        if (state.Texts.Contains(hash)) { return Decision<ClassificationEvent>.Nothing; }
        return Decision<ClassificationEvent>.Record(new GoodsDescribed(
            state.Texts.Count + 1, hash, description.DescribedAt, command.Origin,
            new Goods(description.Text, description.Source, description.DeclaredCode, description.Attributes)));
    }

    private static Decision<ClassificationEvent> Predict(ClassificationState state, Prediction prediction, Origin origin, bool isShadow)
    {
        var digest = ContentDigest.Of(prediction);
        var recorded = isShadow ? state.ShadowPredictions : state.Predictions;
        if (recorded.TryGetValue(prediction.PredictionId, out var known))
        {
            var conflict = (isShadow ? OfShadow : OfPrediction, prediction.PredictionId, digest);
            return known == digest || state.Conflicts.Contains(conflict) ? Decision<ClassificationEvent>.Nothing
                : Decision<ClassificationEvent>.Record(new PredictionConflicted(prediction with { Source = null }, isShadow, origin));
        }

        if (Problem(prediction) is { } problem) { return Decision<ClassificationEvent>.Reject(problem); }
        var kept = prediction with { Source = null };
        return Decision<ClassificationEvent>.Record(isShadow ? new ShadowPredicted(kept, origin) : new CodePredicted(kept, origin));
    }

    private static string? Problem(Prediction prediction)
    {
        if (prediction.Code.Level != HsLevel.Subheading) { return $"Expected a code of 6 digits, got '{prediction.Code}'."; }
        var nomenclature = HsNomenclature.Of(prediction.Edition);
        if (!nomenclature.Contains(prediction.Code)) { return nomenclature.Explain(prediction.Code) + "."; }
        if (prediction.Subheadings.Count == 0) { return "Expected at least one ranked subheading, got none."; }
        foreach (var ranked in prediction.Subheadings.Concat(prediction.Headings).Concat(prediction.Chapters))
        {
            if (ranked.Probability is not (>= 0 and <= 1)) { return $"Expected probabilities from 0 to 1, got {ranked.Probability} for {ranked.Code}."; }
        }

        var (subheading, heading, chapter) = prediction.Confidence;
        return float.IsFinite(subheading) && float.IsFinite(heading) && float.IsFinite(chapter) ? null
            : $"Expected finite confidence, got {subheading}, {heading} and {chapter}.";
    }

    private static Decision<ClassificationEvent> Correct(ClassificationState state, CorrectLabel command)
    {
        var correction = command.Correction;
        if (state.Corrections.TryGetValue(correction.CorrectionId, out var known))
        {
            var digest = ContentDigest.Of(correction);
            return known == digest || state.Conflicts.Contains((OfCorrection, correction.CorrectionId, digest)) ? Decision<ClassificationEvent>.Nothing
                : Decision<ClassificationEvent>.Record(new CorrectionConflicted(correction, command.Origin));
        }

        if (correction.Code.Level != HsLevel.Subheading)
        {
            return Decision<ClassificationEvent>.Reject($"Expected a code of 6 digits, got '{correction.Code}'.");
        }

        var nomenclature = HsNomenclature.Of(correction.Edition);
        if (!nomenclature.Contains(correction.Code)) { return Decision<ClassificationEvent>.Reject(nomenclature.Explain(correction.Code) + "."); }
        if (correction.SamplingProbability is { } p && p is not (> 0 and <= 1))
        {
            return Decision<ClassificationEvent>.Reject($"Expected a sampling probability above 0 and at most 1, got {p}.");
        }

        return Decision<ClassificationEvent>.Record(new LabelCorrected(correction, command.Origin));
    }

    private static Decision<ClassificationEvent> Erase(ClassificationState state, ClassificationCommand.EraseText command)
    {
        if (command.Mandate.Problem is { } problem) { return Decision<ClassificationEvent>.Reject(problem); }
        return state.WithText.IsEmpty ? Decision<ClassificationEvent>.Nothing
            : Decision<ClassificationEvent>.Record(new TextErased(state.WithText, command.Mandate, command.At));
    }
}
