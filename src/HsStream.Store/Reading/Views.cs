using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;
using HsStream.Store.Chain;

namespace HsStream.Store.Reading;

/// <summary>Everything the ledger knows of one description id.</summary>
/// <param name="Events">In sequence order: texts, predictions, shadow predictions, corrections, conflicts, erasures and dead letters.</param>
public sealed record DecisionTimeline(string DescriptionId, IReadOnlyList<StoredEvent> Events)
{
    public IEnumerable<ClassificationEvent.GoodsDescribed> Texts => Events.Select(e => e.Data).OfType<ClassificationEvent.GoodsDescribed>();

    public IEnumerable<Prediction> Predictions => Events.Select(e => e.Data).OfType<ClassificationEvent.CodePredicted>().Select(e => e.Prediction);

    public IEnumerable<LabelCorrection> Corrections => Events.Select(e => e.Data).OfType<ClassificationEvent.LabelCorrected>().Select(e => e.Correction);
}

/// <summary>Which predictions to read. Bounds that are null do not bound.</summary>
public sealed record PredictionRange
{
    /// <summary>First sequence, inclusive. To resume a run, the last one done plus one.</summary>
    public long? FromSequence { get; init; }

    /// <summary>Last sequence, inclusive.</summary>
    public long? ToSequence { get; init; }

    /// <summary>When the ledger recorded the prediction, inclusive.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When the ledger recorded the prediction, exclusive.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Shadow predictions instead of served ones.</summary>
    public bool IsShadow { get; init; }

    /// <summary>Of this model alone.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Hides corrections that were recorded after the prediction.</summary>
    public bool AsKnownThen { get; init; }
}

/// <summary>A recorded prediction with what belongs to it.</summary>
/// <param name="Goods">The text that was judged; null when it was erased or never described here.</param>
/// <param name="IsErased">The text was recorded once and erased since.</param>
/// <param name="DescribedAt">Timestamp of the description's record; null when it was never described here.</param>
/// <param name="Corrections">In the order of recording; with <see cref="PredictionRange.AsKnownThen"/>, only those recorded before the prediction.</param>
public sealed record LedgerPrediction(
    long Sequence, DateTimeOffset RecordedAt, Prediction Prediction, Origin Origin, Goods? Goods, bool IsErased, DateTimeOffset? DescribedAt,
    IReadOnlyList<LabelCorrection> Corrections);

/// <param name="State">As decided by all events so far.</param>
/// <param name="History">In sequence order.</param>
public sealed record ModelRecord(string Version, ModelState State, IReadOnlyList<StoredEvent> History);

public sealed record ExperimentRecord(string ExperimentId, ExperimentState State, IReadOnlyList<StoredEvent> History);

/// <param name="Since">When it began to serve.</param>
/// <param name="Until">When another took over or it was retired; null while it serves.</param>
/// <param name="Sequence">Of the event that made it champion.</param>
public sealed record ServingPeriod(string Version, DateTimeOffset Since, DateTimeOffset? Until, string Actor, string Reason, long Sequence);

/// <param name="Head">The newest seal; null before the first.</param>
/// <param name="Projections">How far each projection of Marten has read, by name.</param>
public sealed record LedgerStatus(
    long LastSequence, Seal? Head, IReadOnlyDictionary<(string Topic, int Partition), long> Offsets, long DatabaseBytes,
    IReadOnlyDictionary<string, long> Projections);

/// <summary>A change that the scorers are to hear of: exactly one of the two is set.</summary>
/// <param name="Sequence">Of the event; the checkpoint once it is published.</param>
public sealed record ModelChange(long Sequence, ModelVersion? Model, Experiment? Experiment);
