namespace HsStream.Service.Hosting;

/// <summary>Runs the tasks of all roles; when one fails the others finish what they have in hand.</summary>
internal sealed class RoleRunner(IEnumerable<RoleTask> tasks, ILogger<RoleRunner> logger) : BackgroundService
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all tasks have ended; fails as the first that failed.</summary>
    public Task Completion => _completion.Task;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Stopped before the tasks began, they never will.
        _completion.TrySetResult();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Exception? failure = null;
        // Each on the pool: some work before their first wait.
        await Task.WhenAll(tasks.Select(task => Task.Run(() => RunAsync(task), CancellationToken.None)));
        if (failure is null) { _completion.TrySetResult(); } else { _completion.TrySetException(failure); }

        async Task RunAsync(RoleTask task)
        {
            try
            {
                await task.RunAsync(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Asked to stop.
            }
#pragma warning disable CA1031 // The edge of the process: what failed is told, and everything ends.
            catch (Exception e)
#pragma warning restore CA1031
            {
                logger.RoleFailed(e, task.Name);
                Interlocked.CompareExchange(ref failure, e, null);
                await stop.CancelAsync();
            }
        }
    }
}
