using System.Collections.Frozen;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Ledger.Signals;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;

namespace HsStream.Store.Events;

/// <summary>Every event under the name it is stored with. A name never changes its meaning: a new shape is a new name and an upcaster.</summary>
public static class EventTypes
{
    public const string GoodsDescribed = "goods_described.v1";
    public const string CodePredicted = "code_predicted.v1";
    public const string ShadowPredicted = "shadow_predicted.v1";
    public const string PredictionConflicted = "prediction_conflicted.v1";
    public const string LabelCorrected = "label_corrected.v1";
    public const string CorrectionConflicted = "correction_conflicted.v1";
    public const string TextErased = "text_erased.v1";
    public const string ModelRegistered = "model_registered.v1";
    public const string ModelShadowStarted = "model_shadow_started.v1";
    public const string ModelPromoted = "model_promoted.v1";
    public const string ModelReinstated = "model_reinstated.v1";
    public const string ModelRetired = "model_retired.v1";
    public const string ModelAnnounced = "model_announced.v1";
    public const string ExperimentStarted = "experiment_started.v1";
    public const string ExperimentEnded = "experiment_ended.v1";
    public const string ExperimentAnnounced = "experiment_announced.v1";
    public const string RecordDeadLettered = "record_dead_lettered.v1";
    public const string RecordUnreadable = "record_unreadable.v1";
    public const string RecordRefused = "record_refused.v1";
    public const string RecordReplayed = "record_replayed.v1";
    public const string RecordErased = "record_erased.v1";
    public const string SignalRaised = "signal_raised.v1";
    public const string RetrainingRequested = "retraining_requested.v1";

    public static FrozenDictionary<string, Type> ByName { get; } = new Dictionary<string, Type>
    {
        [GoodsDescribed] = typeof(ClassificationEvent.GoodsDescribed),
        [CodePredicted] = typeof(ClassificationEvent.CodePredicted),
        [ShadowPredicted] = typeof(ClassificationEvent.ShadowPredicted),
        [PredictionConflicted] = typeof(ClassificationEvent.PredictionConflicted),
        [LabelCorrected] = typeof(ClassificationEvent.LabelCorrected),
        [CorrectionConflicted] = typeof(ClassificationEvent.CorrectionConflicted),
        [TextErased] = typeof(ClassificationEvent.TextErased),
        [ModelRegistered] = typeof(ModelEvent.Registered),
        [ModelShadowStarted] = typeof(ModelEvent.ShadowStarted),
        [ModelPromoted] = typeof(ModelEvent.Promoted),
        [ModelReinstated] = typeof(ModelEvent.Reinstated),
        [ModelRetired] = typeof(ModelEvent.Retired),
        [ModelAnnounced] = typeof(ModelEvent.Announced),
        [ExperimentStarted] = typeof(ExperimentEvent.Started),
        [ExperimentEnded] = typeof(ExperimentEvent.Ended),
        [ExperimentAnnounced] = typeof(ExperimentEvent.Announced),
        [RecordDeadLettered] = typeof(RecordEvent.DeadLettered),
        [RecordUnreadable] = typeof(RecordEvent.Unreadable),
        [RecordRefused] = typeof(RecordEvent.Refused),
        [RecordReplayed] = typeof(RecordEvent.Replayed),
        [RecordErased] = typeof(RecordEvent.ContentErased),
        [SignalRaised] = typeof(SignalEvent.SignalRaised),
        [RetrainingRequested] = typeof(SignalEvent.RetrainingRequested),
    }.ToFrozenDictionary();

    public static FrozenDictionary<Type, string> ByType { get; } = ByName.ToFrozenDictionary(p => p.Value, p => p.Key);

    /// <summary>Everything that decides which model serves, and what was told of it.</summary>
    public static IReadOnlyList<string> OfModels { get; } =
    [
        ModelRegistered, ModelShadowStarted, ModelPromoted, ModelReinstated, ModelRetired, ModelAnnounced,
        ExperimentStarted, ExperimentEnded, ExperimentAnnounced,
    ];

    /// <summary>Events that say that another event's erasable part is gone.</summary>
    public static IReadOnlyList<string> OfErasure { get; } = [TextErased, RecordErased];

    public static string NameOf(Type type) => ByType.TryGetValue(type, out var name) ? name
        : throw new ArgumentException($"Expected an event with a stored name, got {type}.", nameof(type));
}
