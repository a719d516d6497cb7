using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace HsStream.Store.Writing;

/// <summary>Patience with PostgreSQL: the one place where the store retries.</summary>
internal static class LedgerPipeline
{
    public static ResiliencePipeline Create(LedgerOptions options, LedgerMetrics metrics, ILogger logger)
    {
        var pipeline = new ResiliencePipelineBuilder();
        if (options.MaxRetries > 0)
        {
            pipeline.AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(IsTransient),
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                OnRetry = attempt =>
                {
                    metrics.Retries.Inc();
                    logger.StoreUnavailable(attempt.AttemptNumber + 1, attempt.RetryDelay, Describe(attempt.Outcome.Exception!));
                    return default;
                },
            });
        }

        return pipeline
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(IsTransient),
                FailureRatio = 0.9,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(1),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .Build();
    }

    /// <summary>True when the same attempt may succeed later.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        PostgresException e => e.IsTransient || e.SqlState[..2] is "08" or "53" or "57" or "58" || e.SqlState is "40001" or "40P01" or "55P03" or "25P03" or "25006",
        NpgsqlException => true,
        TimeoutRejectedException or BrokenCircuitException or TimeoutException or IOException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    /// <summary>Without the message: it can quote what was written.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException e => $"PostgreSQL {e.SqlState}",
        { InnerException: { } inner } => $"{exception.GetType().Name} ({inner.GetType().Name})",
        _ => exception.GetType().Name,
    };
}
