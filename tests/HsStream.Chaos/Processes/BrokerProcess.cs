using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Processes;

/// <summary>How a broker process is started.</summary>
internal sealed record BrokerProcessOptions
{
    /// <summary><c>fsync</c> or <c>page-cache</c>.</summary>
    public string Durability { get; init; } = "fsync";

    /// <summary>Null for the broker's own.</summary>
    public long? DiskReserveBytes { get; init; }

    /// <summary>Largest file the process may write (RLIMIT_FSIZE); null for no limit.</summary>
    public long? MaxFileBytes { get; init; }

    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>The embedded broker as a process of its own: what a kill -9 can hit.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private const int KeptLogLines = 200;
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();

    private BrokerProcess(Process process, string dataDirectory, int port)
    {
        _process = process;
        DataDirectory = dataDirectory;
        Port = port;
    }

    public string DataDirectory { get; }

    public int Port { get; }

    public string Bootstrap => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>From the start of the process until it answered a request.</summary>
    public TimeSpan StartTime { get; private set; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public int Id => _process.Id;

    /// <summary>The last lines of standard output and error.</summary>
    public string Log => string.Join('\n', _log);

    public long ResidentBytes => Status("VmRSS:");

    /// <summary>Processor time used since the start.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a broker and waits until it answers.</summary>
    /// <param name="port">0 picks a free one.</param>
    /// <exception cref="InvalidOperationException">It ended or did not answer in time; the message holds its log.</exception>
    public static async Task<BrokerProcess> StartAsync(
        string dataDirectory, int port, BrokerProcessOptions options, CancellationToken cancellationToken)
    {
        var broker = Launch(dataDirectory, port == 0 ? FreePort() : port, options);
        try
        {
            await broker.WaitUntilAnsweringAsync(options.StartLimit, cancellationToken);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process and returns at once, for a start that is expected to fail.</summary>
    public static BrokerProcess Launch(string dataDirectory, int port, BrokerProcessOptions options)
    {
        var portText = port.ToString(CultureInfo.InvariantCulture);
        // The command that users run, unless a knob is turned that it does not have.
        string[] arguments = options.DiskReserveBytes is { } reserve
            ? [InFolder("hsstream-chaos.dll"), "serve", "--data-dir", dataDirectory, "--port", portText, "--durability", options.Durability, "--reserve", reserve.ToString(CultureInfo.InvariantCulture)]
            : [InFolder("hsstream.dll"), "up", "--no-registry", "--no-postgres", "--data-dir", dataDirectory, "--kafka-port", portText, "--durability", options.Durability];
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = options.MaxFileBytes is { } limit
            // With SIGXFSZ ignored a write past the limit fails as on a full disk; in a shell of bash, blocks are of 1 KiB.
            ? new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {limit / 1024}; exec \"$0\" \"$@\"", dotnet, .. arguments])
            : new ProcessStartInfo(dotnet, arguments);
        // The runtime maps its code through a file, which the limit would cut as well.
        if (options.MaxFileBytes is not null) { start.Environment["DOTNET_EnableWriteXorExecute"] = "0"; }
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        var process = new Process { StartInfo = start };
        var broker = new BrokerProcess(process, dataDirectory, port);
        process.OutputDataReceived += (_, line) => broker.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => broker.Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return broker;
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>SIGKILL, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) { _process.Kill(); }
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, and waits for the clean end.</summary>
    /// <returns>The exit status.</returns>
    public async Task<int> StopAsync(TimeSpan limit)
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        await WaitForExitAsync(limit);
        return _process.ExitCode;
    }

    public async Task WaitForExitAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The broker process did not end within {limit}. Its log:\n{Log}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static string InFolder(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private async Task WaitUntilAnsweringAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = await RawClient.ConnectAsync("127.0.0.1", Port, cancellationToken);
                await client.SendAsync<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest(), cancellationToken);
                StartTime = watch.Elapsed;
                return;
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                if (_process.HasExited) { throw new InvalidOperationException($"The broker ended with status {_process.ExitCode} instead of answering:\n{Log}"); }
                if (watch.Elapsed > limit) { throw new InvalidOperationException($"The broker did not answer on port {Port} within {limit}:\n{Log}"); }
            }

            await Task.Delay(10, cancellationToken);
        }
    }

    private void Keep(string? line)
    {
        if (line is null) { return; }
        _log.Enqueue(line);
        if (_log.Count > KeptLogLines) { _log.TryDequeue(out _); }
    }

    private long Status(string field)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", string.Empty, StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
