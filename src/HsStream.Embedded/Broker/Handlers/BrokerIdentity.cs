namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Who and where this broker says it is.</summary>
/// <param name="Host">Clients reconnect to this name, so it must resolve where they run.</param>
internal sealed record BrokerIdentity(int NodeId, string Host, int Port, string ClusterId);
