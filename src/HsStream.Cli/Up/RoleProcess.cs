using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Run;
using HsStream.Embedded.Postgres;
using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Up;

/// <summary>Roles in a process of their own (<c>hsstream run</c>), started again when it ends.</summary>
/// <remarks>The child's standard input is a pipe of ours: however this process ends, the child sees it close and stops.</remarks>
/// <param name="arguments">Of <c>hsstream run</c>.</param>
internal sealed class RoleProcess(string roles, IReadOnlyList<string> arguments, TextWriter errors, ILoggerFactory loggers, TimeProvider time) : IRoleUnit
{
    private const int SigTerm = 15;
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(35);

    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger = loggers.CreateLogger<RoleProcess>();
    private Task _keeping = Task.CompletedTask;

    public string Roles => roles;

    public Uri? Url { get; private set; }

    /// <summary>0 while it is being started again.</summary>
    public int ProcessId { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var process = await LaunchAsync(cancellationToken);
        _keeping = KeepAsync(process);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
        _stop.Dispose();
    }

    private async Task KeepAsync(Process process)
    {
        var backoff = new Backoff(time);
        backoff.Started();
        while (true)
        {
            await EndAsync(process);
            var reason = string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode}");
            process.Dispose();
            (Url, ProcessId) = (null, 0);
            Process? next = null;
            while (next is null)
            {
                if (_stop.IsCancellationRequested) { return; }
                var wait = backoff.Ended();
                _logger.RolesRestarted(roles, reason, wait.TotalSeconds);
                try
                {
                    await Task.Delay(wait, time, _stop.Token);
                    backoff.Started();
                    next = await LaunchAsync(_stop.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
                catch (OperatorException e)
                {
                    reason = e.Message;
                }
            }

            process = next;
        }
    }

    /// <summary>Waits until it ends by itself, or ends it when we stop.</summary>
    private async Task EndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            await StopAsync(process);
        }
    }

    private async Task StopAsync(Process process)
    {
        NativeCalls.Signal(process.Id, SigTerm);
        try
        {
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(LongestStop, time);
        }
        catch (TimeoutException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private async Task<Process> LaunchAsync(CancellationToken cancellationToken)
    {
        var process = ThisProgram.Start(["run", "--roles", roles, "--json", ServiceStart.UntilInputCloses, .. arguments], errors, $"[{roles}] ");
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(LongestStart, time, cancellationToken);
            if (line is null)
            {
                await process.WaitForExitAsync(cancellationToken);
                throw new OperatorException(string.Create(CultureInfo.InvariantCulture, $"the process of {roles} ended with exit code {process.ExitCode} before it was ready; its lines on standard error say why"));
            }

            Url = new Uri((string)JsonNode.Parse(line)!["http"]!);
            ProcessId = process.Id;
            return process;
        }
        catch
        {
            if (!process.HasExited) { await StopAsync(process); }
            process.Dispose();
            throw;
        }
    }
}
