using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Network;

/// <summary>Who asks, and in which version.</summary>
/// <param name="ClientHost">The peer's address as Kafka writes it: "/127.0.0.1".</param>
/// <param name="ConnectionClosed">Signalled when the peer is gone, so that a parked answer need not be made.</param>
internal sealed record RequestContext(
    RequestHeader Header, string ClientHost, CancellationToken ConnectionClosed)
{
    public short Version => Header.Version;
}

/// <summary>Turns a request into its response.</summary>
internal interface IRequestHandler
{
    /// <summary>Called in the order of a connection's requests; the next call may start before this one's task ends.</summary>
    /// <remarks>Records in the request are bytes of its frame, which is reused once this returns its task: use them before the first wait.</remarks>
    /// <returns>Null when the request wants no answer (Produce with acks 0).</returns>
    /// <exception cref="ProtocolException">The connection must be closed.</exception>
    Task<IWireStruct?> HandleAsync(RequestContext context, IWireStruct request);
}
