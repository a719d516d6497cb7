namespace HsStream.Embedded.Broker.Log;

/// <summary>Data that was durable is gone or changed: nothing may be cut, somebody has to look.</summary>
internal sealed class LogDamagedException(string message) : Exception(message);
