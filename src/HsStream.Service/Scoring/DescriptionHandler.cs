using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Processing;

namespace HsStream.Service.Scoring;

/// <summary>One worker's part between consumer and producer: descriptions in, predictions and shadow predictions out.</summary>
internal sealed class DescriptionHandler(DescriptionScorer scorer, MessageCodecs codecs) : IMessageHandler<ProductDescription>
{
    public async Task HandleAsync(IReadOnlyList<InputMessage<ProductDescription>> batch, IOutputs outputs, CancellationToken cancellationToken)
    {
        var items = new ScoringItem[batch.Count];
        var causes = new Dictionary<RecordPosition, InputRecord>(batch.Count);
        for (var i = 0; i < items.Length; i++)
        {
            var (record, description) = batch[i];
            items[i] = new ScoringItem(description, record.Position, record.Timestamp, record.ReceivedAt);
            causes[record.Position] = record;
        }

        ScoredBatch scored;
        try
        {
            scored = scorer.Score(items);
        }
        catch (NothingServesException e)
        {
            // The last champion was retired meanwhile: the batch waits for the next one.
            throw new TransientException(e.Message, e);
        }

        for (var i = 0; i < items.Length; i++)
        {
            await outputs.ProduceAsync(Topics.Predictions, codecs.Predictions, scored.Served[i], batch[i].Record, cancellationToken);
        }

        foreach (var shadow in scored.Shadows)
        {
            await outputs.ProduceAsync(Topics.ShadowPredictions, codecs.Predictions, shadow, causes[shadow.Origin], cancellationToken);
        }
    }
}
