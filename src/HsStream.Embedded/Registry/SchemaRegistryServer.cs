using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Registry;

/// <summary>Serves Confluent's Schema Registry API over a topic of any Kafka cluster.</summary>
internal sealed class SchemaRegistryServer : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly SchemaStore _store;

    private SchemaRegistryServer(WebApplication web, SchemaStore store, Uri url) => (_web, _store, Url) = (web, store, url);

    /// <summary>Where it listens, with the port it was given when none was asked for.</summary>
    public Uri Url { get; }

    /// <summary>Returns once the whole topic has been read and requests are answered.</summary>
    /// <exception cref="SchemaLogException">The cluster does not answer in time, or the topic cannot hold schemas.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SchemaRegistryServer> StartAsync(
        SchemaRegistryOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var log = new KafkaSchemaLog(options, loggers.CreateLogger<SchemaRegistryServer>());
        try
        {
            await RetryAsync(log.EnsureTopicAsync, options, time, cancellationToken);
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }

        // Disposes the log when it fails.
        return await StartAsync(options, log, loggers, time, cancellationToken);
    }

    /// <summary>As above, over any log; it is disposed with the server.</summary>
    public static async Task<SchemaRegistryServer> StartAsync(
        SchemaRegistryOptions options, ISchemaLog log, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger<SchemaRegistryServer>();
        var store = new SchemaStore(log, options.WriteTimeout, time, logger);
        try
        {
            await RetryAsync(store.CatchUpAsync, options, time, cancellationToken);
            var web = Build(options, new RegistryApi(store, log, options, logger), loggers);
            try
            {
                await web.StartAsync(cancellationToken);
            }
            catch
            {
                await web.DisposeAsync();
                throw;
            }
            var url = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            logger.RegistryStarted(url, options.Topic, options.BootstrapServers);
            return new SchemaRegistryServer(web, store, url);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static WebApplication Build(SchemaRegistryOptions options, RegistryApi api, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
            kestrel.Listen(IPAddress.Parse(options.ListenAddress), options.Port);
        });
        builder.Services.AddSingleton(loggers);
        var web = builder.Build();
        web.Run(api.HandleAsync);
        return web;
    }

    /// <summary>Tries until it succeeds or time is up, and then says what was wrong.</summary>
    private static async Task RetryAsync(
        Func<CancellationToken, Task> attempt, SchemaRegistryOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.StartTimeout, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var problem = new SchemaLogException(
            $"the Kafka cluster at {options.BootstrapServers} did not serve topic {options.Topic} within {options.StartTimeout}");
        try
        {
            while (true)
            {
                try
                {
                    await attempt(patience.Token);
                    return;
                }
                catch (SchemaLogException e) when (e.InnerException is not null)
                {
                    problem = e;
                    await Task.Delay(TimeSpan.FromMilliseconds(200), time, patience.Token);
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw problem;
        }
    }
}
