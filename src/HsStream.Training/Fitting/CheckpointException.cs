namespace HsStream.Training.Fitting;

/// <summary>A checkpoint cannot be resumed. The message names the file and says why.</summary>
public sealed class CheckpointException(string message) : Exception(message);
