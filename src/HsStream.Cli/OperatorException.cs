namespace HsStream.Cli;

/// <summary>A verb cannot do its work. The message is one line for the operator: what, where, what was expected.</summary>
internal sealed class OperatorException(string message, Exception? inner = null) : Exception(message, inner);
