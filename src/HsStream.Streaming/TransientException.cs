namespace HsStream.Streaming;

/// <summary>May succeed later: whoever handles a batch throws it to have the same batch tried again, for as long as it takes.</summary>
public sealed class TransientException : Exception
{
    public TransientException(string message)
        : base(message)
    {
    }

    public TransientException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
