namespace HsStream.Embedded.Broker.Hosting;

/// <summary>The broker cannot start; the message says what, where and what was expected, in one line.</summary>
public sealed class BrokerStartException(string message, Exception? inner = null) : Exception(message, inner);
