using HsStream.Domain.Classification;
using HsStream.Domain.Messages;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace HsStream.Store.Projections;

/// <summary>What a person sees of one description id: the newest text and prediction, and what people said.</summary>
public sealed record DecisionPage
{
    /// <summary>The stream's id.</summary>
    public required string Id { get; init; }

    /// <summary>Events so far.</summary>
    public long Version { get; init; }

    public int Revision { get; init; }

    public string? InputHash { get; init; }

    /// <summary>Of the newest revision; null when it was erased or not described yet.</summary>
    public Goods? Goods { get; init; }

    public bool IsErased { get; init; }

    /// <summary>The newest one that was served.</summary>
    public Prediction? Prediction { get; init; }

    public int Predictions { get; init; }

    public int ShadowPredictions { get; init; }

    /// <summary>In the order of recording; a later one does not replace an earlier one.</summary>
    public IReadOnlyList<LabelCorrection> Corrections { get; init; } = [];

    /// <summary>Results that contradict a recorded one.</summary>
    public int Conflicts { get; init; }
}

/// <summary>Folds the stream of one description id into its page, on demand.</summary>
public sealed class DecisionPageProjection : SingleStreamProjection<DecisionPage, string>
{
    public override DecisionPage? Evolve(DecisionPage? snapshot, string id, IEvent e)
    {
        var page = (snapshot ?? new DecisionPage { Id = id }) with { Version = e.Version };
        return e.Data switch
        {
            ClassificationEvent.GoodsDescribed d => page with { Revision = d.Revision, InputHash = d.InputHash, Goods = d.Goods, IsErased = d.Goods is null },
            ClassificationEvent.CodePredicted p => page with { Prediction = p.Prediction, Predictions = page.Predictions + 1 },
            ClassificationEvent.ShadowPredicted => page with { ShadowPredictions = page.ShadowPredictions + 1 },
            ClassificationEvent.LabelCorrected c => page with { Corrections = [.. page.Corrections, c.Correction] },
            ClassificationEvent.PredictionConflicted or ClassificationEvent.CorrectionConflicted => page with { Conflicts = page.Conflicts + 1 },
            _ => page,
        };
    }
}
