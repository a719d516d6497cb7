using HsStream.Cli.Run;
using HsStream.Service;
using HsStream.Service.Configuration;
using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Up;

/// <summary>Roles within this process. When one cannot go on, all of them are closed and started again.</summary>
internal sealed class LocalRoles(ServiceOptions options, ILoggerFactory loggers, TimeProvider time) : IRoleUnit
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger = loggers.CreateLogger<LocalRoles>();
    private HsStreamService? _service;
    private Task _keeping = Task.CompletedTask;

    public string Roles => options.Roles;

    public Uri? Url => _service?.Url;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _service = await ServiceStart.StartAsync(options, loggers, time, cancellationToken);
        _keeping = KeepAsync(_service, options with { Http = options.Http with { Port = _service.Url.Port } });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
        _stop.Dispose();
    }

    private async Task KeepAsync(HsStreamService service, ServiceOptions again)
    {
        var backoff = new Backoff(time);
        backoff.Started();
        while (true)
        {
            var reason = await EndAsync(service);
            _service = null;
            await service.DisposeAsync();
            if (_stop.IsCancellationRequested) { return; }
            service = await StartAgainAsync(again, backoff, reason);
            if (_stop.IsCancellationRequested)
            {
                await service.DisposeAsync();
                return;
            }

            _service = service;
        }
    }

    /// <returns>Why it ended.</returns>
    private async Task<string> EndAsync(HsStreamService service)
    {
        try
        {
            await service.Completion.WaitAsync(_stop.Token);
            return "it stopped";
        }
#pragma warning disable CA1031 // Whatever ended the roles, they are started again; the service has logged it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e.Message;
        }
    }

    private async Task<HsStreamService> StartAgainAsync(ServiceOptions again, Backoff backoff, string reason)
    {
        while (true)
        {
            var wait = backoff.Ended();
            _logger.RolesRestarted(Roles, reason, wait.TotalSeconds);
            await Task.Delay(wait, time, _stop.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            try
            {
                backoff.Started();
                return await ServiceStart.StartAsync(again, loggers, time, CancellationToken.None);
            }
            catch (OperatorException e)
            {
                reason = e.Message;
            }
        }
    }
}
