namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Limits and times of groups, offsets and transactions; names in the comments are Apache Kafka's, and so are the defaults.</summary>
internal sealed record CoordinatorOptions
{
    /// <summary>group.min.session.timeout.ms</summary>
    public TimeSpan MinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>group.max.session.timeout.ms</summary>
    public TimeSpan MaxSessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>group.initial.rebalance.delay.ms; none here, so that a simulation says when time passes. The broker sets it.</summary>
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.Zero;

    /// <summary>How long a first JoinGroup may stay parked: its sender cannot send heartbeats yet.</summary>
    public TimeSpan NewMemberJoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>group.max.size</summary>
    public int MaxGroupSize { get; init; } = int.MaxValue;

    /// <summary>offset.metadata.max.bytes; counted in characters, as Kafka does.</summary>
    public int MaxOffsetMetadata { get; init; } = 4096;

    /// <summary>offsets.retention.minutes</summary>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>offsets.retention.check.interval.ms</summary>
    public TimeSpan OffsetsRetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>transaction.max.timeout.ms</summary>
    public TimeSpan MaxTransactionTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>transactional.id.expiration.ms</summary>
    public TimeSpan TransactionalIdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>transaction.remove.expired.transaction.cleanup.interval.ms</summary>
    public TimeSpan TransactionalIdCheckInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Wait before a marker or a final state that could not be written (a full disk) is tried again.</summary>
    public TimeSpan MarkerRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests that may wait for one transaction's markers; more are told to come back.</summary>
    public int MaxParkedPerTransaction { get; init; } = 64;

    /// <summary>Largest batch written to the internal topics: Kafka's max.message.bytes.</summary>
    public int MaxBatchBytes { get; init; } = 1_048_588;

    /// <summary>No task of its own: a simulation calls <see cref="BrokerCoordinator.Drain"/>.</summary>
    public bool DrainedByHand { get; init; }
}
