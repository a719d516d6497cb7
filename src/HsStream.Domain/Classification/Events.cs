using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;

namespace HsStream.Domain.Classification;

/// <summary>What happened to one description id.</summary>
public abstract record ClassificationEvent
{
    private ClassificationEvent() { }

    /// <param name="Revision">1 for the first text under this id.</param>
    /// <param name="InputHash"><see cref="TextHash.Of"/> of the text; stays when the text is erased.</param>
    /// <param name="Goods">Null once erased.</param>
    public sealed record GoodsDescribed(
        int Revision, string InputHash, DateTimeOffset? DescribedAt, Origin Origin, [property: Erasable] Goods? Goods) : ClassificationEvent;

    /// <param name="Prediction">Without its source, which is the described goods'.</param>
    public sealed record CodePredicted(Prediction Prediction, Origin Origin) : ClassificationEvent;

    /// <summary>What a candidate would have said; filing never saw it.</summary>
    public sealed record ShadowPredicted(Prediction Prediction, Origin Origin) : ClassificationEvent;

    /// <summary>A prediction arrived whose id is recorded with another result. The first one stands.</summary>
    public sealed record PredictionConflicted(Prediction Prediction, bool IsShadow, Origin Origin) : ClassificationEvent;

    public sealed record LabelCorrected(LabelCorrection Correction, Origin Origin) : ClassificationEvent;

    /// <summary>A correction arrived whose id is recorded with other content. The first one stands.</summary>
    public sealed record CorrectionConflicted(LabelCorrection Correction, Origin Origin) : ClassificationEvent;

    /// <param name="Versions">Numbers, within the stream, of the events whose goods were erased.</param>
    public sealed record TextErased(IReadOnlyList<long> Versions, Mandate Mandate, DateTimeOffset At) : ClassificationEvent;
}

/// <summary>What the shipper wrote.</summary>
public sealed record Goods(string Text, string? Source, string? DeclaredCode, IReadOnlyDictionary<string, string> Attributes);
