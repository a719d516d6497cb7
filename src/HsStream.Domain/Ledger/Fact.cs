using HsStream.Domain.Messages;

namespace HsStream.Domain.Ledger;

/// <summary>One record of Kafka, decoded, on its way into the ledger.</summary>
public sealed record RecordedFact(Origin Origin, Fact Fact);

/// <summary>What a record of Kafka tells the ledger.</summary>
public abstract record Fact
{
    private Fact() { }

    public sealed record Described(ProductDescription Description) : Fact;

    public sealed record Predicted(Prediction Prediction) : Fact;

    public sealed record ShadowPredicted(Prediction Prediction) : Fact;

    public sealed record Corrected(LabelCorrection Correction) : Fact;

    public sealed record ModelAnnounced(ModelVersion Model) : Fact;

    public sealed record ExperimentAnnounced(Experiment Experiment) : Fact;

    public sealed record DeadLettered(DeadLetter Letter) : Fact;

    public sealed record SignalRaised(MonitorSignal Signal) : Fact;

    public sealed record RetrainingRequested(RetrainingRequest Request) : Fact;

    /// <summary>A record that the ledger cannot decode. It is noted by position and hash, so that nothing is passed over silently.</summary>
    /// <param name="Hash"><c>sha256:</c> and 64 hexadecimal digits over the value's bytes; null when the record has no value.</param>
    /// <param name="Bytes">Length of the value.</param>
    /// <param name="Reason">One of <see cref="DeadLetterReasons"/>.</param>
    /// <param name="Detail">What was expected and what arrived; never the text itself.</param>
    public sealed record Unreadable(string? Hash, int Bytes, string Reason, string Detail) : Fact;
}
