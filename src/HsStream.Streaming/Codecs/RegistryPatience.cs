using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace HsStream.Streaming.Codecs;

/// <summary>How the registry is asked: each time with a limit, again without end, with jitter, and seldom while it is down.</summary>
internal static class RegistryPatience
{
    public static ResiliencePipeline Build(KafkaSettings settings, ILogger logger, TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(MayPass),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(100),
                MaxDelay = settings.RegistryMaxBackoff,
                UseJitter = true,
                OnRetry = retry =>
                {
                    // An outage is told by its first failures, not by each of them.
                    if (retry.AttemptNumber < 3) { logger.RegistryUnavailable(retry.AttemptNumber + 1, retry.Outcome.Exception!.GetType().Name); }
                    return default;
                },
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(MayPass),
                FailureRatio = 0.9,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(1),
            })
            .AddTimeout(settings.RegistryTimeout)
            .Build();

    // Cancellation by the caller ends the retries by itself: Polly looks at its token first.
    private static bool MayPass(Exception e) => !RegistrySchemas.IsFinal(e) && e is not (ObjectDisposedException or RecordException);
}
