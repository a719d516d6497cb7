using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Publish;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HsStream.Cli.Connect;

/// <summary>Codecs and publisher of a verb, over the servers that it was told.</summary>
internal sealed class StreamingAccess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Lazy<RecordPublisher> _publisher;
    private readonly Connections _connections;

    public StreamingAccess(Connections connections)
    {
        _connections = connections;
        var settings = Settings(connections);
        // Failures arrive as exceptions; what the clients log on the way would only repeat them.
        ILoggerFactory quiet = NullLoggerFactory.Instance;
        Codecs = new MessageCodecs(settings, new MessageLimits(), quiet, TimeProvider.System);
        _publisher = new Lazy<RecordPublisher>(() => new RecordPublisher(settings, "cli", quiet, TimeProvider.System));
    }

    public MessageCodecs Codecs { get; }

    public RecordPublisher Publisher => _publisher.Value;

    public static KafkaSettings Settings(Connections connections) => new() { BootstrapServers = connections.BootstrapServers, SchemaRegistryUrl = connections.Registry, ClientId = "hsstream-cli" };

    /// <summary>Codecs wait for a registry that is away; an operator does not.</summary>
    /// <exception cref="OperatorException">The registry does not answer.</exception>
    public async Task<T> AskRegistryAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            return await ask(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperatorException($"no schema registry answers at {_connections.Registry} within {Patience.TotalSeconds} s; start one with hsstream up, or name it with --registry");
        }
    }

    public void Dispose()
    {
        if (_publisher.IsValueCreated) { _publisher.Value.Dispose(); }
        Codecs.Dispose();
    }
}
