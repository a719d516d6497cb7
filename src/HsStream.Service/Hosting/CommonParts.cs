using HsStream.Scoring.Bundles;
using HsStream.Service.Configuration;
using HsStream.Service.Health;
using HsStream.Service.Scoring.Models;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;

namespace HsStream.Service.Hosting;

/// <summary>What every role stands on.</summary>
internal static class CommonParts
{
    /// <summary>Each section under its own type.</summary>
    public static IServiceCollection AddSettings(this IServiceCollection services, ServiceOptions options) => services
        .AddSingleton(options.Kafka).AddSingleton(options.Messages).AddSingleton(options.Topics).AddSingleton(options.Http)
        .AddSingleton(options.Models).AddSingleton(options.Scoring).AddSingleton(options.Scorer).AddSingleton(options.Ledger).AddSingleton(options.Recorder).AddSingleton(options.Console);

    public static IServiceCollection AddRoles(this IServiceCollection services) => services
        .AddSingleton<RoleRunner>().AddHostedService(provider => provider.GetRequiredService<RoleRunner>())
        .AddSingleton<DependencyWatch>()
        .AddTask("health", (provider, stop) => provider.GetRequiredService<DependencyWatch>().RunAsync(stop));

    public static IServiceCollection AddKafka(this IServiceCollection services) => services
        .AddSingleton<MessageCodecs>()
        .AddSingleton<StreamingMetrics>()
        .AddSingleton<KafkaSetup>()
        .AddSingleton<KafkaDependencies>()
        .AddTask("kafka setup", (provider, stop) => provider.GetRequiredService<KafkaSetup>().RunAsync(stop))
        .AddSingleton(provider => new Dependency(KafkaDependencies.Kafka, IsRequired: true, provider.GetRequiredService<KafkaDependencies>().AskKafkaAsync))
        .AddSingleton(provider => new Dependency(KafkaDependencies.Registry, IsRequired: true, provider.GetRequiredService<KafkaDependencies>().AskRegistryAsync));

    public static IServiceCollection AddModels(this IServiceCollection services, ServiceOptions options)
    {
        var models = options.Models;
        if (models.Url.Length > 0 && !(Uri.TryCreate(models.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            throw new ConfigurationException("Models:Url", $"expected an http or https address, got '{models.Url}'");
        }

        var limits = new BundleLimits { MaxBundleBytes = models.MaxBundleBytes };
        var store = new BundleStore(models.Directory, limits);
        return services.AddSingleton(store).AddSingleton(provider => new BundleSource(
            store, models.Url.Length == 0 ? null : new BundleDownload(new SocketsHttpHandler(), models, store.Root, limits, provider.GetRequiredService<TimeProvider>())));
    }

    public static IServiceCollection AddTask(this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task> run) =>
        services.AddSingleton(provider => new RoleTask(name, stop => run(provider, stop)));
}
