namespace HsStream.Embedded.Broker.Log;

/// <summary>The records of a batch cannot be decoded; callers answer INVALID_RECORD to a producer and CORRUPT_MESSAGE elsewhere.</summary>
internal sealed class InvalidRecordException : Exception
{
    public InvalidRecordException(string message)
        : base(message)
    {
    }

    public InvalidRecordException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
