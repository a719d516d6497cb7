using System.Net;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Network;

namespace HsStream.Embedded.Broker.Hosting;

/// <summary>Settings of the embedded broker; only the data directory must be given.</summary>
public sealed class BrokerOptions
{
    /// <summary>Created when missing; used by one broker at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>A loopback address; any other is refused, because there is no authentication and no TLS.</summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.Loopback;

    /// <summary>0 for any free port.</summary>
    public int Port { get; init; } = 9092;

    /// <summary>The host that clients are told to connect to; null for the listen address.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>The port that clients are told to connect to; 0 for the one listened on.</summary>
    public int AdvertisedPort { get; init; }

    public int NodeId { get; init; } = 1;

    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Kafka's broker settings by name, such as log.retention.ms; a topic's own settings win.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Accepts a replication factor above 1 and reports 1, for clients that cannot be told otherwise.</summary>
    public bool AcceptAnyReplicationFactor { get; init; }

    /// <summary>Produce is refused while less than this is free; fetches, commits and deletes go on.</summary>
    public long DiskReserveBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Longest wait for connections to end at a stop.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public NetworkOptions Network { get; init; } = new();
}
