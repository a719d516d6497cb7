namespace HsStream.Embedded.Broker.Network;

/// <summary>What one peer, and all of them together, may ask of the broker's memory and sockets.</summary>
public sealed class NetworkOptions
{
    /// <summary>Largest request frame; a larger one closes its connection. Kafka: socket.request.max.bytes.</summary>
    public int MaxRequestBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>Memory for requests above 64 KiB that are being received; beyond it their sockets are not read.</summary>
    public long MaxRequestBytesInFlight { get; init; } = 256L * 1024 * 1024;

    /// <summary>Memory for responses with more than 256 KiB of records: each takes that much while it is sent, and waits its turn when all is out.</summary>
    public long MaxResponseBytesInFlight { get; init; } = 256L * 1024 * 1024;

    /// <summary>Array elements one request may hold: bounds the objects a small hostile frame can make us create.</summary>
    public int MaxRequestElements { get; init; } = 500_000;

    /// <summary>Connections beyond it are closed at once.</summary>
    public int MaxConnections { get; init; } = 2_000;

    /// <summary>Requests of one connection that may wait for their answers; above it the socket is not read.</summary>
    public int MaxPipelinedRequests { get; init; } = 64;

    /// <summary>A connection without a request or an unanswered one for this long is closed. Kafka: connections.max.idle.ms.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A request must be received whole within this time of its first byte.</summary>
    public TimeSpan FrameTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A response must be taken by the peer within this time.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
