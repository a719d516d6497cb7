using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Handlers;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Network;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Hosting;

/// <summary>A Kafka-compatible broker for one machine, running from <see cref="StartAsync"/> until it is disposed.</summary>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stopped;

    private EmbeddedBroker()
    {
    }

    /// <summary>What clients put into bootstrap.servers.</summary>
    public string BootstrapServers { get; private set; } = string.Empty;

    /// <summary>Ends when the broker has stopped; fails when it can no longer keep its promises, as after a failed fsync.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Takes the port and the data directory, recovers what is in it, and accepts clients.</summary>
    /// <exception cref="BrokerStartException">One line for the operator: what, where, what was expected.</exception>
    public static async Task<EmbeddedBroker> StartAsync(
        BrokerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var broker = new EmbeddedBroker();
        try
        {
            await broker.StartPartsAsync(options, loggers, time, cancellationToken);
            return broker;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CatalogException)
        {
            await broker.DisposeAsync();
            throw new BrokerStartException(exception.Message, exception);
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes connections, stops the coordinators, flushes the logs and marks the stop as clean.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) { return; }
        try
        {
            while (_parts.TryPop(out var part)) { await part.DisposeAsync(); }
            _completion.TrySetResult();
        }
        catch (Exception exception)
        {
            _completion.TrySetException(exception);
            throw;
        }
    }

    private async Task StartPartsAsync(BrokerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!IPAddress.IsLoopback(options.ListenAddress))
        {
            throw new BrokerStartException(
                $"Expected a loopback listen address, got {options.ListenAddress}: this broker has no authentication and no TLS. To serve other machines, use a real Kafka and set bootstrap.servers to it.");
        }

        var settings = StartupSettings.Parse(options.Settings);
        var disk = new RealDisk();
        Own(DataDirectoryLock.Acquire(options.DataDirectory));
        var metrics = Own(new BrokerMetrics());
        var listener = Bind(options, metrics, loggers, time);

        var logs = new LogManager(disk, settings.ToLogOptions(options), time, loggers.CreateLogger<LogManager>(), metrics.Meter);
        _parts.Push(logs);
        _ = FailWithAsync(logs.Failure);
        var catalog = Own(TopicCatalog.Open(disk, options.DataDirectory, logs, settings.Configs));
        logs.Start();
        var coordinator = new BrokerCoordinator(catalog, settings.ToCoordinatorOptions(), time, loggers);
        _parts.Push(coordinator);
        await coordinator.StartAsync(cancellationToken);
        catalog.Deleted += topic => coordinator.TopicDeleted(topic.Id, topic.Name);

        var identity = Identity(options, listener.EndPoint, catalog);
        BootstrapServers = string.Create(CultureInfo.InvariantCulture, $"{identity.Host}:{identity.Port}");
        var space = new DiskSpaceGuard(disk, options.DataDirectory, options.DiskReserveBytes, time, loggers.CreateLogger<DiskSpaceGuard>());
        _parts.Push(space);
        var fetch = new FetchHandler(catalog, settings.FetchMaxBytes, time);
        BrokerGauges.Register(metrics.Meter, catalog, coordinator, fetch);
        _parts.Push(listener);
        listener.Start(new RequestDispatcher(
            new ProduceHandler(catalog, coordinator, space, time),
            fetch,
            new OffsetHandlers(catalog),
            new MetadataHandlers(catalog, identity, settings.AutoCreateTopics, settings.DefaultPartitions),
            new TopicAdminHandlers(catalog, options.NodeId, settings.DefaultPartitions, options.AcceptAnyReplicationFactor),
            new ConfigHandlers(catalog, options.NodeId),
            coordinator));
    }

    private async Task FailWithAsync(Task<Exception> failure) => _completion.TrySetException(await failure);

    private static BrokerListener Bind(BrokerOptions options, BrokerMetrics metrics, ILoggerFactory loggers, TimeProvider time)
    {
        var endPoint = new IPEndPoint(options.ListenAddress, options.Port);
        try
        {
            return BrokerListener.Bind(endPoint, new NetworkShared(options.Network, metrics), time, loggers.CreateLogger<BrokerListener>());
        }
        catch (SocketException exception)
        {
            throw new BrokerStartException(
                exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"Expected a free port for the broker, but {endPoint} is taken; choose another one, or 0 for any."
                    : $"Cannot listen on {endPoint}: {exception.Message}", exception);
        }
    }

    private static BrokerIdentity Identity(BrokerOptions options, IPEndPoint bound, TopicCatalog catalog) => new(
        options.NodeId,
        options.AdvertisedHost ?? bound.Address.ToString(),
        options.AdvertisedPort == 0 ? bound.Port : options.AdvertisedPort,
        TopicId.ToText(catalog.ClusterId));

    private T Own<T>(T part)
        where T : IDisposable
    {
        _parts.Push(new Owned(part));
        return part;
    }

    private sealed class Owned(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
