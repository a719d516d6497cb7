using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Network;

internal static partial class NetworkLog
{
    [LoggerMessage(2001, LogLevel.Information, "Kafka listener on {EndPoint}")]
    public static partial void ListenerStarted(this ILogger logger, string endPoint);

    [LoggerMessage(2002, LogLevel.Warning, "Closed connection of {Peer}: {Reason}")]
    public static partial void ConnectionRefused(this ILogger logger, string peer, string reason);

    [LoggerMessage(2003, LogLevel.Error, "{Api} v{Version} of {Peer} failed; its connection is closed, so the client retries")]
    public static partial void RequestFailed(this ILogger logger, string api, short version, string peer, Exception exception);

    [LoggerMessage(2004, LogLevel.Error, "Cannot accept connections for now")]
    public static partial void AcceptFailed(this ILogger logger, Exception exception);
}
