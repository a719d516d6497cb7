using HsStream.Streaming.Codecs;

namespace HsStream.Streaming.Processing;

/// <summary>Where a handler puts what a batch leads to. Not thread-safe; good for one call of the handler.</summary>
public interface IOutputs
{
    /// <summary>Encodes a message and adds it, under its own key, with CloudEvents headers and a traceparent that continues <paramref name="cause"/>'s.</summary>
    /// <param name="cause">The record of the batch that it answers.</param>
    ValueTask ProduceAsync<T>(string topic, MessageCodec<T> codec, T message, InputRecord cause, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Adds a record as it is; a traceparent is added when it has none.</summary>
    /// <exception cref="RecordException">It is larger than a record may be; the cause is named.</exception>
    void Produce(OutputRecord record, InputRecord cause);

    /// <summary>Sends a record of the batch to the dead-letter topic, with its original key, bytes and headers.</summary>
    /// <param name="reason">One of <see cref="Domain.Messages.DeadLetterReasons"/>.</param>
    /// <param name="detail">What was expected and what arrived. It stands in a header, never in a log.</param>
    void DeadLetter(InputRecord record, string reason, string detail);
}
