namespace HsStream.Domain.Messages;

/// <summary>The topics of HsStream; the key of every record is in the remark of its schema.</summary>
public static class Topics
{
    public const string Descriptions = "hs.descriptions";
    public const string Predictions = "hs.predictions";
    public const string ShadowPredictions = "hs.shadow-predictions";
    public const string Corrections = "hs.corrections";

    /// <summary>Compacted, one partition: the order of its records is the order of the decisions.</summary>
    public const string Models = "hs.models";

    /// <summary>Compacted, one partition.</summary>
    public const string Experiments = "hs.experiments";

    public const string Signals = "hs.signals";
    public const string Retraining = "hs.retraining";
    public const string DeadLetters = "hs.dead-letters";

    public static IReadOnlyList<string> All { get; } =
        [Descriptions, Predictions, ShadowPredictions, Corrections, Models, Experiments, Signals, Retraining, DeadLetters];
}
