using HsStream.Embedded.Broker.Hosting;
using HsStream.Embedded.Postgres;
using HsStream.Embedded.Registry;
using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Up;

/// <summary>The three servers of one machine: broker, schema registry and PostgreSQL.</summary>
internal sealed class Platform : IAsyncDisposable
{
    private readonly DataDirectory _directory;
    private readonly EmbeddedBroker? _broker;
    private readonly SchemaRegistryServer? _registry;
    private readonly PrivatePostgres? _postgres;

    private Platform(DataDirectory directory, EmbeddedBroker? broker, SchemaRegistryServer? registry, PrivatePostgres? postgres) =>
        (_directory, _broker, _registry, _postgres) = (directory, broker, registry, postgres);

    public string DataDirectory => _directory.Path;

    public string BootstrapServers => _broker!.BootstrapServers;

    public Uri? RegistryUrl => _registry?.Url;

    public PrivatePostgres? Postgres => _postgres;

    /// <summary>Starts everything at once; the registry follows the broker, whose topic holds its schemas.</summary>
    /// <remarks>When one part cannot start, the others are stopped again and its failure is thrown.</remarks>
    public static async Task<Platform> StartAsync(
        PlatformOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var directory = Cli.DataDirectory.Take(options.DataDirectory);
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var broker = OrAbortAsync(() => EmbeddedBroker.StartAsync(
            new BrokerOptions
            {
                DataDirectory = directory.Kafka,
                Port = options.KafkaPort,
                Durability = options.Durability,
                Settings = options.KafkaSettings,
                AcceptAnyReplicationFactor = options.AcceptAnyReplicationFactor,
            },
            loggers, time, abort.Token));
        var registry = OrAbortAsync(async () => options.RegistryPort is not { } port ? null : await SchemaRegistryServer.StartAsync(
            new SchemaRegistryOptions { BootstrapServers = (await broker).BootstrapServers, Port = port }, loggers, time, abort.Token));
        var postgres = OrAbortAsync(async () => options.PostgresPort is not { } port ? null : await PrivatePostgres.StartAsync(
            new PostgresOptions { DataDirectory = directory.Path, Port = port }, loggers, time, abort.Token));
        try
        {
            await Task.WhenAll(broker, registry, postgres);
            return new Platform(directory, await broker, await registry, await postgres);
        }
        catch
        {
            await using (new Platform(directory, Started(broker), Started(registry), Started(postgres)))
            {
                // A part that was told to give up only follows the one that failed.
                foreach (var part in (Task[])[broker, registry, postgres])
                {
                    if (part is { IsFaulted: true, Exception.InnerException: not OperationCanceledException }) { await part; }
                }
            }

            throw;
        }

        async Task<T> OrAbortAsync<T>(Func<Task<T>> start)
        {
            try
            {
                // Off this thread: each part does some work before its first wait.
                return await Task.Run(start, CancellationToken.None);
            }
            catch
            {
                await abort.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>Ends, or fails, as soon as one server has stopped by itself; the registry shares this process.</summary>
    public async Task WatchAsync()
    {
        Task[] parts = [_broker!.Completion, _postgres?.Completion ?? Never];
        await await Task.WhenAny(parts);
    }

    /// <summary>Stops clients before what they use: registry, PostgreSQL, broker.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_registry is not null) { await _registry.DisposeAsync(); }
            if (_postgres is not null) { await _postgres.DisposeAsync(); }
            if (_broker is not null) { await _broker.DisposeAsync(); }
        }
        finally
        {
            _directory.Dispose();
        }
    }

    private static Task Never { get; } = new TaskCompletionSource().Task;

    private static T? Started<T>(Task<T> start) where T : class? => start.IsCompletedSuccessfully ? start.Result : null;
}
