using System.Globalization;
using System.Text;
using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Tracing;

namespace HsStream.Streaming.DeadLetters;

/// <summary>A <see cref="DeadLetter"/> as a record of <c>hs.dead-letters</c>, and back.</summary>
public static class DeadLetterRecord
{
    public const string Reason = "hs_reason";
    public const string Detail = "hs_detail";
    public const string Stage = "hs_stage";
    public const string OriginTopic = "hs_origin_topic";
    public const string OriginPartition = "hs_origin_partition";
    public const string OriginOffset = "hs_origin_offset";
    public const string OriginTimestamp = "hs_origin_timestamp";
    public const string FirstSeen = "hs_first_seen";

    private const int LongestDetail = 1_000;
    private static readonly string[] Names = [Reason, Detail, Stage, OriginTopic, OriginPartition, OriginOffset, OriginTimestamp, FirstSeen];

    /// <param name="original">The record's own headers; they follow unchanged, but for those that have our names.</param>
    public static OutputRecord Write(string topic, DeadLetter letter, Headers original)
    {
        ArgumentNullException.ThrowIfNull(letter);
        ArgumentNullException.ThrowIfNull(original);
        var headers = new Headers
        {
            { Reason, Utf8(letter.Reason) },
            { Detail, Utf8(letter.Detail.Length <= LongestDetail ? letter.Detail : letter.Detail[..LongestDetail]) },
            { Stage, Utf8(letter.Stage) },
            { OriginTopic, Utf8(letter.Origin.Topic) },
            { OriginPartition, Utf8(letter.Origin.Partition.ToString(CultureInfo.InvariantCulture)) },
            { OriginOffset, Utf8(letter.Origin.Offset.ToString(CultureInfo.InvariantCulture)) },
            { OriginTimestamp, Utf8(RecordHeaders.Iso(letter.OriginTimestamp)) },
            { FirstSeen, Utf8(RecordHeaders.Iso(letter.FirstSeen)) },
        };
        // A dead letter that was replayed and died again tells of its last death only.
        foreach (var header in original.Where(header => !Names.Contains(header.Key))) { headers.Add(header.Key, header.GetValueBytes()); }
        return new OutputRecord(topic, letter.Key, letter.Value, headers);
    }

    /// <exception cref="RecordException">The record is no dead letter: a header is missing or malformed.</exception>
    public static DeadLetter Read(InputRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var headers = record.Headers;
        return new DeadLetter
        {
            Origin = new RecordPosition(Required(headers, OriginTopic), (int)Number(headers, OriginPartition, int.MaxValue), Number(headers, OriginOffset, long.MaxValue)),
            Key = record.Key,
            Value = record.Value,
            Reason = DeadLetterReasons.All.Contains(Required(headers, Reason)) ? Required(headers, Reason)
                : throw Bad(Reason, "a known reason", Required(headers, Reason)),
            Detail = RecordHeaders.Text(headers, Detail) ?? "",
            Stage = Required(headers, Stage),
            OriginTimestamp = Time(headers, OriginTimestamp),
            FirstSeen = Time(headers, FirstSeen),
        };
    }

    /// <summary>The record as it was before it died, for its topic of origin.</summary>
    /// <param name="letter">As it stands in the dead-letter topic.</param>
    public static OutputRecord Revive(InputRecord letter)
    {
        ArgumentNullException.ThrowIfNull(letter);
        var headers = new Headers();
        foreach (var header in letter.Headers.Where(header => !Names.Contains(header.Key))) { headers.Add(header.Key, header.GetValueBytes()); }
        return new OutputRecord(Read(letter).Origin.Topic, letter.Key, letter.Value, headers);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Required(Headers headers, string name) =>
        RecordHeaders.Text(headers, name) is { Length: > 0 } text ? text : throw Bad(name, "a text", "none");

    private static long Number(Headers headers, string name, long max) =>
        long.TryParse(Required(headers, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= max ? value
            : throw Bad(name, "a number", Required(headers, name));

    private static DateTimeOffset Time(Headers headers, string name) =>
        DateTimeOffset.TryParse(Required(headers, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
            : throw Bad(name, "a time in ISO 8601", Required(headers, name));

    private static RecordException Bad(string name, string expected, string arrived) =>
        new(DeadLetterReasons.InvalidField, $"{name}: expected {expected}, got {(arrived.Length <= 40 ? arrived : arrived[..40])}");
}
