using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Embedded.Broker.Log;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Spectre.Console;

namespace HsStream.Cli.Up;

/// <summary><c>hsstream up</c>: runs the platform until Ctrl-C or SIGTERM.</summary>
internal static class UpVerb
{
    public const int KafkaPort = 9092;
    public const int RegistryPort = 8081;
    public const int PostgresPort = 54320;

    /// <summary>The parts bound their own stops; this ends the wait should one of them break that promise.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(45);

    public static Command Describe()
    {
        var directory = CommonOptions.DataDirectory();
        var kafka = CommonOptions.Port("--kafka-port", KafkaPort, "Kafka-compatible broker");
        var registry = CommonOptions.Port("--registry-port", RegistryPort, "schema registry");
        var postgres = CommonOptions.Port("--postgres-port", PostgresPort, "PostgreSQL server");
        var noRegistry = new Option<bool>("--no-registry") { Description = "Leave the schema registry out." };
        var noPostgres = new Option<bool>("--no-postgres") { Description = "Leave PostgreSQL out." };
        var durability = new Option<string>("--durability")
        {
            Description = "When a record is acknowledged: after its fsync, or once it is in the page cache (survives kill -9, not a power cut).",
            DefaultValueFactory = _ => "fsync",
        }.AcceptOnlyFromAmong("fsync", "page-cache");
        var settings = CommonOptions.Settings("--kafka-setting", "A broker setting by its Kafka name, such as num.partitions=4; may be repeated.");
        var anyReplication = new Option<bool>("--accept-any-replication-factor")
        {
            Description = "Create topics that ask for more than one replica, with one; they are refused otherwise.",
        };
        var json = CommonOptions.Json("When ready, print one JSON line with the addresses.");
        var verbose = new Option<bool>("--verbose") { Description = "Log what the parts do, not only warnings." };
        var verb = new Command("up", "Start broker, schema registry and PostgreSQL; stop them at Ctrl-C.")
        {
            directory, kafka, registry, postgres, noRegistry, noPostgres, durability, settings, anyReplication, json, verbose,
        };
        verb.SetAction((parsed, cancellationToken) => RunAsync(
            new PlatformOptions
            {
                DataDirectory = parsed.GetValue(directory)!,
                KafkaPort = parsed.GetValue(kafka),
                RegistryPort = parsed.GetValue(noRegistry) ? null : parsed.GetValue(registry),
                PostgresPort = parsed.GetValue(noPostgres) ? null : parsed.GetValue(postgres),
                Durability = parsed.GetValue(durability) == "fsync" ? Durability.Fsync : Durability.PageCache,
                KafkaSettings = parsed.GetValue(settings)!,
                AcceptAnyReplicationFactor = parsed.GetValue(anyReplication),
            },
            parsed.GetValue(json), parsed.GetValue(verbose), parsed.InvocationConfiguration, TimeProvider.System, cancellationToken));
        return verb;
    }

    /// <summary>Logs of the parts go to standard error, one line each; results alone go to standard output.</summary>
    public static ILoggerFactory CreateLoggers(bool isVerbose) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(isVerbose ? LogLevel.Information : LogLevel.Warning)
        // Says that a web server did not start; the exception that follows says it too, and why.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(format =>
        {
            (format.SingleLine, format.UseUtcTimestamp, format.TimestampFormat) = (true, true, "HH:mm:ss.fff ");
            format.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    private static async Task<int> RunAsync(
        PlatformOptions options, bool isJson, bool isVerbose, InvocationConfiguration console, TimeProvider time, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(cancellationToken);
        var stop = signals.Token;
        using var loggers = CreateLoggers(isVerbose);
        var start = time.GetTimestamp();
        Platform platform;
        try
        {
            platform = await Platform.StartAsync(options, loggers, time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;       // stopped while it was starting
        }

        try
        {
            await AnnounceAsync(platform, isJson, time.GetElapsedTime(start), console);
            await platform.WatchAsync().WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The usual end. A part that died by itself goes on to the edge, after the others have stopped.
        }
        finally
        {
            await console.Error.WriteLineAsync(stop.IsCancellationRequested ? "hsstream: stopping" : "hsstream: a part ended, stopping the others");
            await StopAsync(platform, time);
        }

        return 0;
    }

    private static async Task StopAsync(Platform platform, TimeProvider time)
    {
        try
        {
            await platform.DisposeAsync().AsTask().WaitAsync(LongestStop, time);
        }
        catch (TimeoutException e)
        {
            throw new OperatorException($"a part did not stop within {LongestStop.TotalSeconds} s; its data recovers at the next start", e);
        }
    }

    private static async Task AnnounceAsync(Platform platform, bool isJson, TimeSpan elapsed, InvocationConfiguration console)
    {
        var postgres = platform.Postgres is { } server
            ? $"Host=127.0.0.1;Port={server.Port};Username=hsstream;Database=hsstream;Passfile={server.PasswordFile}"
            : null;
        if (isJson)
        {
            await console.Output.WriteLineAsync(JsonLine.Write(new JsonObject
            {
                ["kafka"] = platform.BootstrapServers,
                ["registry"] = platform.RegistryUrl?.GetLeftPart(UriPartial.Authority),
                ["postgres"] = postgres,
                ["dataDirectory"] = platform.DataDirectory,
                ["processId"] = Environment.ProcessId,
            }));
            await console.Output.FlushAsync();
            return;
        }

        List<(string Name, string Address)> rows = [("kafka", platform.BootstrapServers)];
        if (platform.RegistryUrl is { } url) { rows.Add(("registry", url.GetLeftPart(UriPartial.Authority))); }
        if (postgres is not null) { rows.Add(("postgres", postgres)); }
        rows.Add(("data", platform.DataDirectory));
        if (console.Output == Console.Out && !Console.IsOutputRedirected)
        {
            var grid = new Grid().AddColumns(2);
            foreach (var (name, address) in rows) { grid.AddRow($"[bold]{name}[/]", Markup.Escape(address)); }
            AnsiConsole.Write(grid);
        }
        else
        {
            foreach (var (name, address) in rows) { await console.Output.WriteLineAsync($"{name,-9} {address}"); }
            await console.Output.FlushAsync();
        }

        await console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"hsstream: ready after {elapsed.TotalSeconds:0.0} s; Ctrl-C stops it"));
    }
}
