namespace HsStream.Streaming.Codecs;

/// <summary>Bytes are not what their schema says.</summary>
internal sealed class AvroFormatException(string message) : Exception(message);
