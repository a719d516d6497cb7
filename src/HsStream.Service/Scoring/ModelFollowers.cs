using HsStream.Domain.Messages;
using HsStream.Service.Scoring.Models;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Following;

namespace HsStream.Service.Scoring;

/// <summary>Tells the keeper of models what <c>hs.models</c> and <c>hs.experiments</c> say.</summary>
internal sealed class ModelFollowers(
    KafkaSettings settings, MessageCodecs codecs, ModelKeeper keeper, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var models = new CompactedFollower<ModelVersion>(settings, Topics.Models, codecs.Models, metrics, loggers, time);
        var experiments = new CompactedFollower<Experiment>(settings, Topics.Experiments, codecs.Experiments, metrics, loggers, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] following =
        [
            models.RunAsync(
                (change, _) =>
                {
                    keeper.Announce(change.Key, change.Message, change.Position.Offset);
                    return ValueTask.CompletedTask;
                },
                stop.Token),
            experiments.RunAsync(
                (change, _) =>
                {
                    keeper.Announce(change.Key, change.Message, change.Position.Offset);
                    return ValueTask.CompletedTask;
                },
                stop.Token),
        ];
        var caughtUp = Task.WhenAll(models.CaughtUp, experiments.CaughtUp);
        if (await Task.WhenAny(caughtUp, Task.WhenAny(following)) == caughtUp && caughtUp.IsCompletedSuccessfully) { keeper.CaughtUp(); }
        try
        {
            await await Task.WhenAny(following);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(following);
        }
    }
}
