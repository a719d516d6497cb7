using Prometheus;

namespace HsStream.Service.Console;

/// <summary>Descriptions that came by HTTP.</summary>
internal sealed class ConsoleMetrics
{
    public ConsoleMetrics(IMetricFactory factory)
    {
        var descriptions = factory.CreateCounter(
            "hsstream_console_descriptions_total", "Descriptions that came by HTTP: accepted (stored in Kafka), refused (4xx), unpublished (503).", ["outcome"]);
        (Accepted, Refused, Unpublished) = (descriptions.WithLabels("accepted"), descriptions.WithLabels("refused"), descriptions.WithLabels("unpublished"));
    }

    public ICounter Accepted { get; }

    public ICounter Refused { get; }

    public ICounter Unpublished { get; }
}
