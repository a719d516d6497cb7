using Confluent.Kafka;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Setup;
using Polly;
using Polly.Retry;

namespace HsStream.Service.Hosting;

/// <summary>Creates topics and registers schemas once, however long Kafka and the registry take to answer.</summary>
internal sealed class KafkaSetup(
    KafkaSettings settings, TopicOptions topics, MessageCodecs codecs, ILoggerFactory loggers, TimeProvider time)
{
    private readonly TaskCompletionSource _topicsReady = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once every topic is there.</summary>
    public Task TopicsReady => _topicsReady.Task;

    /// <exception cref="SchemaRefusedException">The registry holds schemas that ours cannot follow; nothing will mend that by itself.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger<KafkaSetup>();
        var patience = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<KafkaException>(),
                MaxRetryAttempts = int.MaxValue,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                OnRetry = retry =>
                {
                    logger.SetupTriedAgain(retry.RetryDelay, retry.Outcome.Exception!.Message);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        await patience.ExecuteAsync(async token => await TopicSetup.EnsureAsync(settings, topics, loggers, token), cancellationToken);
        _topicsReady.TrySetResult();
        await codecs.RegisterAsync(cancellationToken);
    }
}
