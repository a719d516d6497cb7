using HsStream.Service.Configuration;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;

namespace HsStream.Service.Telemetry;

/// <summary>Metrics of one process, and its traces where an endpoint is configured.</summary>
internal static class TelemetryParts
{
    public static IServiceCollection AddPrometheus(this IServiceCollection services)
    {
        // Of its own, so that two services in one process do not count together.
        var registry = Metrics.NewCustomRegistry();
        DotNetStats.Register(registry);
        return services.AddSingleton(registry).AddSingleton<IMetricFactory>(Metrics.WithCustomRegistry(registry));
    }

    public static IServiceCollection AddTraces(this IServiceCollection services, TelemetryOptions options, params string[] sources)
    {
        if (options.OtlpEndpoint.Length == 0) { return services; }
        if (!Uri.TryCreate(options.OtlpEndpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new ConfigurationException("Telemetry:OtlpEndpoint", $"expected an http or https address, got '{options.OtlpEndpoint}'");
        }

        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("hsstream"))
            .WithTracing(tracing => tracing
                .AddSource(sources)
                .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.SampleRatio)))
                .AddAspNetCoreInstrumentation(web => web.Filter = context => !context.Request.Path.StartsWithSegments("/health") && context.Request.Path != "/metrics")
                .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (endpoint, OtlpExportProtocol.Grpc)));
        return services;
    }
}
