using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Service.Configuration;
using HsStream.Service.Health;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Publish;

namespace HsStream.Service.Console;

/// <summary>Publishes to <c>hs.descriptions</c> and bounds how long a request waits for it.</summary>
internal sealed class KafkaDescriptionPublisher(
    [FromKeyedServices(ConsoleParts.Publisher)] RecordPublisher publisher, MessageCodecs codecs, DependencyWatch watch, ConsoleOptions options, TimeProvider time) : IDescriptionPublisher
{
    public async Task PublishAsync(ProductDescription description, CancellationToken cancellationToken)
    {
        // Nothing is handed to the client then, so nothing of it can arrive later.
        if (watch.IsDown(KafkaDependencies.Kafka)) { throw new PublishFailedException("Kafka is not reachable. The description was not published; send it again."); }

        using var patience = new CancellationTokenSource(options.PublishTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await publisher.PublishAsync(Topics.Descriptions, codecs.Descriptions, description, either.Token);
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested)
        {
            throw new PublishFailedException(
                $"Kafka did not acknowledge the description within {options.PublishTimeout.TotalSeconds} s; whether it is stored is not known. "
                + "Send it again with the same description_id or Idempotency-Key, by which a second one is recognised.", e);
        }
        catch (KafkaException e)
        {
            throw new PublishFailedException(
                $"Kafka did not take the description ({e.Error.Code}); whether it is stored is not known. "
                + "Send it again with the same description_id or Idempotency-Key, by which a second one is recognised.", e);
        }
    }
}
