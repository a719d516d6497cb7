namespace HsStream.Domain.Messages;

/// <summary>A record that can never succeed, as it is kept in <c>hs.dead-letters</c>: original key and bytes, the rest in headers.</summary>
/// <remarks>
/// Headers: <c>hs_reason</c> (one of <see cref="DeadLetterReasons"/>), <c>hs_detail</c> (what was expected, what arrived),
/// <c>hs_stage</c> (who gave up), <c>hs_origin_topic</c>, <c>hs_origin_partition</c>, <c>hs_origin_offset</c>,
/// <c>hs_origin_timestamp</c> and <c>hs_first_seen</c> (ISO 8601, UTC). The record's own headers follow unchanged.
/// </remarks>
public sealed record DeadLetter
{
    public required RecordPosition Origin { get; init; }

    public required byte[]? Key { get; init; }

    public required byte[]? Value { get; init; }

    /// <summary>Of a small closed set, so that it can label a metric.</summary>
    public required string Reason { get; init; }

    public required string Detail { get; init; }

    /// <summary>Which part gave up: scorer, ledger.</summary>
    public required string Stage { get; init; }

    public required DateTimeOffset OriginTimestamp { get; init; }

    public required DateTimeOffset FirstSeen { get; init; }
}

/// <summary>Why a record can never succeed.</summary>
public static class DeadLetterReasons
{
    public const string NotFramed = "NOT_FRAMED";                     // no magic byte, or fewer than 5 bytes
    public const string UnknownSchema = "UNKNOWN_SCHEMA";             // the registry has no such id
    public const string WrongSchema = "WRONG_SCHEMA";                 // another record type, or a writer schema that cannot be read
    public const string Unreadable = "UNREADABLE";                    // the bytes are not the schema's
    public const string NullValue = "NULL_VALUE";
    public const string InvalidField = "INVALID_FIELD";               // readable, but a field breaks its rule
    public const string EmptyText = "EMPTY_TEXT";
    public const string OversizeText = "OVERSIZE_TEXT";
    public const string OversizeRecord = "OVERSIZE_RECORD";
    public const string KeyMismatch = "KEY_MISMATCH";                 // key and description_id differ
    public const string ScoringFailed = "SCORING_FAILED";
    public const string NotAllowed = "NOT_ALLOWED";                   // the ledger's decider refused it

    public static IReadOnlyList<string> All { get; } =
        [NotFramed, UnknownSchema, WrongSchema, Unreadable, NullValue, InvalidField, EmptyText, OversizeText, OversizeRecord, KeyMismatch, ScoringFailed, NotAllowed];
}
