using HsStream.Store;
using Polly;
using Polly.Retry;

namespace HsStream.Service.Ledger;

/// <summary>Creates the ledger's tables once, however long PostgreSQL takes to answer.</summary>
internal sealed class LedgerSetup(LedgerStore ledger, ILogger<LedgerSetup> logger, TimeProvider time)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once the tables are there.</summary>
    public Task Ready => _ready.Task;

    /// <exception cref="LedgerLayoutException">The tables are not the ones that this version writes; nothing will mend that by itself.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var patience = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is not (LedgerLayoutException or OperationCanceledException)),
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
        await patience.ExecuteAsync(async token => await ledger.Schema.EnsureAsync(token), cancellationToken);
        _ready.TrySetResult();
    }
}
