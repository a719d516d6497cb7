using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

/// <summary>The command line as a real process, killed at the end of the test if it still runs.</summary>
internal sealed class HsStreamProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Task _readErrors;

    private HsStreamProcess(Process process)
    {
        _process = process;
        process.StandardInput.Close();
        _readErrors = Task.Run(async () =>
        {
            while (await process.StandardError.ReadLineAsync() is { } line)
            {
                lock (_errors) { _errors.AppendLine(line); }
            }
        });
    }

    public int Id => _process.Id;

    public string Errors
    {
        get { lock (_errors) { return _errors.ToString(); } }
    }

    /// <summary>Runs this build's hsstream.dll, which lies beside the tests.</summary>
    public static HsStreamProcess Start(params string[] arguments) =>
        StartProgram(["dotnet", Path.Combine(AppContext.BaseDirectory, "hsstream.dll"), .. arguments]);

    public static HsStreamProcess StartProgram(string[] words, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        return new HsStreamProcess(Process.Start(start)!);
    }

    /// <summary>Starts the servers alone on free ports and waits for their addresses.</summary>
    public static Task<(HsStreamProcess Process, JsonElement Addresses)> UpAsync(string directory, params string[] more) => SystemAsync(directory, ["--no-roles", .. more]);

    /// <summary>Starts servers and roles on free ports and waits for their addresses.</summary>
    public static async Task<(HsStreamProcess Process, JsonElement Addresses)> SystemAsync(string directory, params string[] more)
    {
        var process = Start(["up", "--json", "--data-dir", directory, "--kafka-port", "0", "--registry-port", "0", "--postgres-port", "0", "--http-port", "0", .. more]);
        return (process, await process.ReadJsonAsync());
    }

    public async Task<JsonElement> ReadJsonAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
        if (line is null)
        {
            await _readErrors;
            Assert.Fail($"It ended before it was ready: {Errors}");
        }

        return JsonDocument.Parse(line).RootElement;
    }

    public void Signal(int signal) => HsStream.Embedded.Postgres.NativeCalls.Signal(_process.Id, signal);

    /// <summary>Exit code and standard output, once it has ended by itself.</summary>
    public async Task<(int ExitCode, string Output)> EndAsync()
    {
        var output = _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        await _readErrors;
        return (_process.ExitCode, await output);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
