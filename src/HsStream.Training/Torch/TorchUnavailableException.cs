namespace HsStream.Training.Torch;

/// <summary>libtorch cannot be loaded here. The message is one line: what is missing, where it was expected, what to do.</summary>
public sealed class TorchUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
