using System.Net;
using HsStream.Service.Configuration;
using HsStream.Service.Console;
using HsStream.Service.Health;
using HsStream.Service.Ledger;
using HsStream.Service.Scoring;
using HsStream.Service.Telemetry;
using HsStream.Streaming.Tracing;
using Prometheus;

namespace HsStream.Service.Hosting;

/// <summary>Puts the roles of one process together.</summary>
internal static class ServiceHost
{
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    /// <exception cref="ConfigurationException">A setting is missing or wrong; it names the key.</exception>
    public static WebApplication Build(ServiceOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        var roles = options.Validate();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "hsstream-service" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(Address(options.Http.Host), options.Http.Port);
        });
        builder.Services
            .AddSingleton(loggers)
            .AddLogging()
            .AddSingleton(time)
            .AddSingleton(roles)
            .AddSettings(options)
            .AddPrometheus()
            .AddTraces(options.Telemetry, StreamingTrace.SourceName, ServiceTrace.SourceName)
            .AddRoles()
            .AddKafka()
            .AddModels(options)
            .AddScorer(roles)
            .AddLedger(roles)
            .AddConsole(roles, options.Console)
            .AddRoutingCore()
            .Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);

        var web = builder.Build();
        web.MapHealth();
        web.MapMetrics("/metrics", web.Services.GetRequiredService<CollectorRegistry>());
        if (roles.Contains(Role.Console))
        {
            web.MapDescriptions();
            web.MapDecisions();
            web.MapModels();
            web.MapBundles();
        }

        return web;
    }

    private static IPAddress Address(string host) => host switch
    {
        "*" => IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(host, out var address) ? address : throw new ConfigurationException("Http:Host", $"expected an IP address, localhost or *, got '{host}'"),
    };
}
