using System.Runtime.InteropServices;
using HsStream.Service.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace HsStream.Service;

/// <summary>The service as a process of its own: settings from <c>appsettings.json</c>, the environment and the command line.</summary>
internal static class StandAlone
{
    private const int WrongConfiguration = 2;

    private const string Usage = """
        hsstream-service --roles scorer,ledger,console [--bootstrap-servers HOST:PORT] [--registry URL] [--postgres CONNECTION]
                         [--models DIRECTORY] [--models-url URL] [--http-host ADDRESS] [--http-port PORT] [--SECTION:KEY VALUE]...
        Every key can also stand in appsettings.json, or in the environment as HSSTREAM_SECTION__KEY. See docs/configuration.md.
        """;

    /// <returns>0 after SIGTERM or Ctrl-C, 1 when a role could not go on, 2 when the settings are wrong.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        if (arguments is ["--help"] or ["-h"])
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }

        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            var options = ConfigurationReader.Read("appsettings.json", Environment.GetEnvironmentVariables(), arguments);
            using var loggers = CreateLoggers();
            await using var service = await HsStreamService.StartAsync(options, loggers, TimeProvider.System, stop.Token);
            await output.WriteLineAsync($"hsstream-service: {options.Roles} at {service.Url}");
            await service.Completion.WaitAsync(stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (ConfigurationException e)
        {
            await error.WriteLineAsync($"hsstream-service: {e.Message}");
            return WrongConfiguration;
        }
#pragma warning disable CA1031 // The edge of the process; the role's log has the trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"hsstream-service: {e.Message}");
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static ILoggerFactory CreateLoggers() => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddSimpleConsole(format => (format.SingleLine, format.UseUtcTimestamp, format.TimestampFormat) = (true, true, "HH:mm:ss.fff "))
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
