namespace HsStream.Streaming.Processing;

/// <summary>This instance cannot go on: it was fenced by another, or the client is broken. End the process, so that its work moves elsewhere.</summary>
public sealed class ProcessorFatalException : Exception
{
    public ProcessorFatalException(string message)
        : base(message)
    {
    }

    public ProcessorFatalException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
