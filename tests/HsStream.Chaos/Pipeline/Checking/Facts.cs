namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Where a record stands in its topic.</summary>
internal readonly record struct Place(int Partition, long Offset)
{
    public override string ToString() => $"[{Partition}]@{Offset}";
}

/// <summary>One record of the descriptions' topic.</summary>
/// <param name="DescriptionId">Null when the record cannot be read.</param>
/// <param name="Text">First half of the SHA-256 of the text's UTF-8 bytes.</param>
/// <param name="Bytes">Of key and value, as they stand in the topic.</param>
/// <param name="Poison">The reason with which the load expects it in the dead letters; null when it expects a prediction.</param>
internal sealed record DescriptionFact(Place At, string? Key, string? DescriptionId, UInt128 Text, UInt128 Bytes, string? Poison);

/// <summary>One record of the predictions' topic.</summary>
/// <param name="Text">First half of the input hash that it names.</param>
/// <param name="DerivedId">What description id, input hash and model version make.</param>
/// <param name="Origin">The description record that it answers.</param>
/// <param name="Probabilities">Over codes, their order and the bits of every probability and confidence.</param>
/// <param name="Decision">Over everything else that filing acts on.</param>
internal sealed record PredictionFact(
    Place At, string? Key, UInt128 PredictionId, UInt128 DerivedId, string DescriptionId, UInt128 Text, string ModelVersion, Place Origin,
    UInt128 Probabilities, UInt128 Decision);

internal sealed record DeadLetterFact(Place At, string OriginTopic, Place Origin, string Reason, UInt128 Bytes);

internal sealed record LedgerDescription(long Sequence, string DescriptionId, int Revision, UInt128 Text, Place Origin);

/// <param name="Recorded">The prediction's record in its topic that the ledger names as its source.</param>
internal sealed record LedgerPrediction(
    long Sequence, UInt128 PredictionId, string DescriptionId, UInt128 Text, string ModelVersion, Place Origin, UInt128 Probabilities, UInt128 Decision, Place Recorded);

internal sealed record LedgerDeadLetter(long Sequence, string OriginTopic, Place Origin, string Reason, UInt128 Bytes);

/// <summary>How far a partition goes and how far its readers say they have come.</summary>
/// <param name="End">Offset after the last record that a reader of committed records could ever see.</param>
/// <param name="LastRecord">Offset of the last such record; -1 when there is none. Markers of transactions may stand behind it.</param>
/// <param name="Reader">Next offset of the reader in question; null when it has stored none.</param>
internal sealed record ProgressFact(string Reader, string Topic, int Partition, long LastRecord, long End, long? Next);

/// <summary>Everything that topics and ledger hold after a run.</summary>
internal sealed record PipelineFacts
{
    public required string DescriptionsTopic { get; init; }

    public required IReadOnlyList<DescriptionFact> Descriptions { get; init; }

    /// <summary>In the order of their partitions.</summary>
    public required IReadOnlyList<PredictionFact> Predictions { get; init; }

    public required IReadOnlyList<DeadLetterFact> DeadLetters { get; init; }

    public required IReadOnlyList<ProgressFact> Progress { get; init; }

    /// <summary>Whether the load marked its poison; without marks any dead letter of an unreadable record is taken as right.</summary>
    public bool IsMarked { get; init; } = true;

    /// <summary>Null when no ledger took part.</summary>
    public LedgerFacts? Ledger { get; init; }
}

internal sealed record LedgerFacts
{
    public required IReadOnlyList<LedgerDescription> Descriptions { get; init; }

    public required IReadOnlyList<LedgerPrediction> Predictions { get; init; }

    public required IReadOnlyList<LedgerDeadLetter> DeadLetters { get; init; }

    /// <summary>Events that record a contradiction.</summary>
    public required long Conflicts { get; init; }

    /// <summary>What the product's own verifier says; empty when every seal holds.</summary>
    public required IReadOnlyList<string> ChainComplaints { get; init; }

    /// <summary>Events that the verifier went through.</summary>
    public required long ChainEvents { get; init; }
}
