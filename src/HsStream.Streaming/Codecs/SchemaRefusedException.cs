namespace HsStream.Streaming.Codecs;

/// <summary>The registry will not have a schema of ours, or lacks it and may not be given it. An operator must look.</summary>
public sealed class SchemaRefusedException(string message, Exception inner) : Exception(message, inner);
