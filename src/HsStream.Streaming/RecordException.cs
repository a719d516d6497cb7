using HsStream.Domain.Messages;

namespace HsStream.Streaming;

/// <summary>One record can never succeed; it belongs in the dead-letter topic.</summary>
public sealed class RecordException : Exception
{
    /// <param name="reason">One of <see cref="DeadLetterReasons"/>.</param>
    /// <param name="detail">What was expected and what arrived.</param>
    public RecordException(string reason, string detail)
        : base($"{reason}: {detail}")
    {
        Reason = reason;
        Detail = detail;
    }

    public RecordException(string reason, string detail, RecordPosition position)
        : this(reason, detail) => Position = position;

    public RecordException(string reason, string detail, Exception inner)
        : base($"{reason}: {detail}", inner)
    {
        Reason = reason;
        Detail = detail;
    }

    public string Reason { get; }

    public string Detail { get; }

    /// <summary>The record that is meant; null when the caller knows. A handler that throws must name it, or the batch is bisected.</summary>
    public RecordPosition? Position { get; }
}
