namespace HsStream.Service.Hosting;

/// <summary>Runs the tasks of all roles; the first that fails ends the host.</summary>
internal sealed class RoleRunner(IEnumerable<RoleTask> tasks, IHostApplicationLifetime lifetime, ILogger<RoleRunner> logger) : BackgroundService
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all tasks have ended; fails as the first that failed.</summary>
    public Task Completion => _completion.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Each on the pool: some work before their first wait.
        var running = tasks.Select(task => Task.Run(() => RunAsync(task, stoppingToken), CancellationToken.None)).ToList();
        var failure = (await Task.WhenAll(running)).FirstOrDefault(one => one is not null);
        if (failure is null) { _completion.TrySetResult(); } else { _completion.TrySetException(failure); }
    }

    private async Task<Exception?> RunAsync(RoleTask task, CancellationToken stoppingToken)
    {
        try
        {
            await task.RunAsync(stoppingToken);
            return null;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return null;
        }
#pragma warning disable CA1031 // The edge of the process: what failed is told, and everything ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.RoleFailed(e, task.Name);
            lifetime.StopApplication();
            return e;
        }
    }
}
