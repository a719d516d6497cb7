using System.Diagnostics;

namespace HsStream.Streaming.Tracing;

/// <summary>Where the spans of the Kafka edge come from.</summary>
public static class StreamingTrace
{
    public const string SourceName = "HsStream.Streaming";

    internal static ActivitySource Source { get; } = new(SourceName);
}
