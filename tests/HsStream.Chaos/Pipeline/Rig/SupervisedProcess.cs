using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HsStream.Embedded.Postgres;

namespace HsStream.Chaos.Pipeline.Rig;

/// <summary>A process that is started again when it ends, as a supervisor in production would, unless it was told to stop.</summary>
internal sealed class SupervisedProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigStop = 19;
    private const int SigCont = 18;
    private const int KeptLogLines = 300;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<string> _log = new();
    private readonly IReadOnlyList<string> _command;
    private readonly Lock _gate = new();
    private Process? _process;
    private Task _supervision = Task.CompletedTask;
    private bool _wanted;

    /// <param name="name">For logs.</param>
    /// <param name="command">Program and arguments.</param>
    public SupervisedProcess(string name, IReadOnlyList<string> command) => (Name, _command) = (name, command);

    public string Name { get; }

    /// <summary>Exit codes of ends that nobody here ordered.</summary>
    public ConcurrentQueue<int> OwnEnds { get; } = new();

    public int Starts { get; private set; }

    public string Log => string.Join('\n', _log);

    public bool IsRunning
    {
        get { lock (_gate) { return _process is { HasExited: false }; } }
    }

    /// <summary>Bytes of memory that the process holds; 0 when it is not running.</summary>
    public long ResidentBytes
    {
        get
        {
            try
            {
                lock (_gate)
                {
                    if (_process is not { HasExited: false } process) { return 0; }
                    process.Refresh();
                    return process.WorkingSet64;
                }
            }
            catch (InvalidOperationException)
            {
                return 0;
            }
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            if (_wanted) { return; }
            _wanted = true;
            Launch();
        }

        _supervision = SuperviseAsync();
    }

    /// <summary>SIGKILL; the supervisor starts it again.</summary>
    public void Kill() => Signal(NativeCalls.SigKill);

    /// <summary>SIGSTOP: it stands still and thinks that no time passes.</summary>
    public void Freeze() => Signal(SigStop);

    public void Thaw() => Signal(SigCont);

    /// <summary>SIGTERM, and waits for the clean end; not started again.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task StopAsync(TimeSpan limit)
    {
        Process? process;
        lock (_gate)
        {
            _wanted = false;
            process = _process;
        }

        if (process is not null)
        {
            NativeCalls.Signal(process.Id, SigTerm);
            try
            {
                await process.WaitForExitAsync(CancellationToken.None).WaitAsync(limit);
            }
            catch (TimeoutException)
            {
                process.Kill();
                throw new TimeoutException($"{Name} did not end within {limit} of SIGTERM. Its log:\n{Log}");
            }
        }

        await _supervision;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _wanted = false;
            if (_process is { HasExited: false } process)
            {
                NativeCalls.Signal(process.Id, SigCont);
                process.Kill();
            }
        }

        await _supervision;
        lock (_gate)
        {
            _process?.Dispose();
            _process = null;
        }
    }

    private void Signal(int signal)
    {
        lock (_gate)
        {
            if (_process is { HasExited: false } process) { NativeCalls.Signal(process.Id, signal); }
        }
    }

    private async Task SuperviseAsync()
    {
        var pause = FirstPause;
        while (true)
        {
            var process = _process!;
            var watch = Stopwatch.StartNew();
            await process.WaitForExitAsync(CancellationToken.None);
            // 143: told to stop before it had begun to listen for that.
            if (process.ExitCode is not (128 + NativeCalls.SigKill) and not (128 + SigTerm) and not 0) { OwnEnds.Enqueue(process.ExitCode); }
            Keep(string.Create(CultureInfo.InvariantCulture, $"-- ended with {process.ExitCode} after {watch.Elapsed.TotalSeconds:F1} s"));
            pause = watch.Elapsed > LongestPause ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            lock (_gate)
            {
                if (!_wanted) { return; }
            }

            await Task.Delay(pause);
            lock (_gate)
            {
                if (!_wanted) { return; }
                process.Dispose();
                Launch();
            }
        }
    }

    private void Launch()
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(_command[0], _command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        Starts++;
    }

    private void Keep(string? line)
    {
        if (line is null) { return; }
        _log.Enqueue(line);
        if (_log.Count > KeptLogLines) { _log.TryDequeue(out _); }
    }
}
