using HsStream.Streaming.Codecs;

namespace HsStream.Streaming.Processing;

/// <summary>Decodes a batch, dead-letters what can never be read, and hands on the rest.</summary>
internal sealed class DecodingHandler<T>(MessageCodec<T> codec, IMessageHandler<T> inner) : IRecordHandler
    where T : class
{
    public async Task HandleAsync(IReadOnlyList<InputRecord> batch, IOutputs outputs, CancellationToken cancellationToken)
    {
        var messages = new List<InputMessage<T>>(batch.Count);
        foreach (var record in batch)
        {
            try
            {
                messages.Add(new InputMessage<T>(record, await codec.DecodeAsync(record, cancellationToken)));
            }
            catch (RecordException e)
            {
                outputs.DeadLetter(record, e.Reason, e.Detail);
            }
        }

        if (messages.Count > 0) { await inner.HandleAsync(messages, outputs, cancellationToken); }
    }
}
