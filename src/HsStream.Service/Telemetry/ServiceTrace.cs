using System.Diagnostics;

namespace HsStream.Service.Telemetry;

/// <summary>Where the spans of the roles come from; those of the Kafka edge have a source of their own.</summary>
public static class ServiceTrace
{
    public const string SourceName = "HsStream.Service";

    internal static ActivitySource Source { get; } = new(SourceName);
}
