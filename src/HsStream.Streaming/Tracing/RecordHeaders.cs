using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;

namespace HsStream.Streaming.Tracing;

/// <summary>CloudEvents attributes (CloudEvents 1.0, Kafka protocol binding, binary mode) and W3C trace context of a record.</summary>
public static class RecordHeaders
{
    public const string Id = "ce_id";
    public const string Type = "ce_type";
    public const string Source = "ce_source";
    public const string Time = "ce_time";
    public const string SpecVersion = "ce_specversion";
    public const string TraceParentName = "traceparent";

    private static readonly byte[] Version = "1.0"u8.ToArray();

    /// <summary>All headers that every record of HsStream carries.</summary>
    /// <param name="source">Who produced it: <c>hsstream/scorer</c>.</param>
    /// <param name="traceParent">Of the span that produced it; a new trace when null.</param>
    public static Headers Create(string id, string type, string source, DateTimeOffset time, string? traceParent) => new()
    {
        { Id, Encoding.UTF8.GetBytes(id) },
        { Type, Encoding.UTF8.GetBytes(type) },
        { Source, Encoding.UTF8.GetBytes(source) },
        { Time, Encoding.UTF8.GetBytes(Iso(time)) },
        { SpecVersion, Version },
        { TraceParentName, Encoding.ASCII.GetBytes(traceParent ?? NewTraceParent()) },
    };

    /// <returns>The last header of that name as text; null when there is none.</returns>
    public static string? Text(Headers headers, string name)
    {
        ArgumentNullException.ThrowIfNull(headers);
        return headers.TryGetLastBytes(name, out var bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : null;
    }

    /// <returns>Null when there is none, or it is not well-formed.</returns>
    public static string? TraceParent(Headers headers) =>
        Text(headers, TraceParentName) is { } text && ActivityContext.TryParse(text, null, out _) ? text : null;

    /// <summary>The context of the current activity, else a new trace that nobody samples.</summary>
    public static string CurrentTraceParent() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : NewTraceParent();

    public static string NewTraceParent() => $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00";

    /// <summary>A child span's traceparent: the trace and its flags stay.</summary>
    public static string Continue(string? traceParent) =>
        traceParent is { Length: >= 55 } && ActivityContext.TryParse(traceParent, null, out _)
            ? string.Concat(traceParent.AsSpan(0, 36), ActivitySpanId.CreateRandom().ToString(), traceParent.AsSpan(52, 3)) : NewTraceParent();

    internal static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
