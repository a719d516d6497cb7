using System.CommandLine;
using HsStream.Embedded.Broker.Log;
using HsStream.Service.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace HsStream.Cli.Up;

/// <summary><c>hsstream up</c>: runs servers and roles until Ctrl-C or SIGTERM.</summary>
internal static class UpVerb
{
    public const int KafkaPort = 9092;
    public const int RegistryPort = 8081;
    public const int PostgresPort = 54320;
    public const int HttpPort = 8080;

    /// <summary>The parts bound their own stops; this ends the wait should one of them break that promise.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(75);

    public static Command Describe()
    {
        var directory = CommonOptions.DataDirectory();
        var kafka = CommonOptions.Port("--kafka-port", KafkaPort, "Kafka-compatible broker");
        var registry = CommonOptions.Port("--registry-port", RegistryPort, "schema registry");
        var postgres = CommonOptions.Port("--postgres-port", PostgresPort, "PostgreSQL server");
        var http = CommonOptions.Port("--http-port", HttpPort, "HTTP API");
        var roles = new Option<string>("--roles") { Description = "Roles to run, with commas.", HelpName = "ROLES", DefaultValueFactory = _ => Roles.All };
        var noRoles = new Option<bool>("--no-roles") { Description = "Start the servers only." };
        var isolate = new Option<bool>("--isolate") { Description = "Each role in a process of its own, started again when it ends." };
        var models = new Option<string?>("--models") { Description = "Folder of the models; default: models/ in the data directory.", HelpName = "DIR" };
        var noTraining = new Option<bool>("--no-training") { Description = "Train no default model when there is none." };
        var set = CommonOptions.Settings("--set", "A setting of the roles by its key, such as Scorer:Workers=2; may be repeated.");
        var noRegistry = new Option<bool>("--no-registry") { Description = "Leave the schema registry out, and the roles, which need it." };
        var noPostgres = new Option<bool>("--no-postgres") { Description = "Leave PostgreSQL out, and the roles, which need it." };
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
        var verb = new Command("up", "Start the whole system: broker, schema registry, PostgreSQL and all roles; stop it at Ctrl-C.")
        {
            directory, kafka, registry, postgres, http, roles, noRoles, isolate, models, noTraining, set, noRegistry, noPostgres, durability, settings, anyReplication, json, verbose,
        };
        verb.SetAction((parsed, cancellationToken) =>
        {
            var isPartial = parsed.GetValue(noRegistry) || parsed.GetValue(noPostgres);
            if (isPartial && parsed.GetResult(roles) is { Implicit: false }) { throw new OperatorException("--roles needs the schema registry and PostgreSQL; leave --no-registry and --no-postgres out"); }
            return RunAsync(
                new UpOptions(
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
                    parsed.GetValue(noRoles) || isPartial ? null : parsed.GetValue(roles),
                    parsed.GetValue(isolate), parsed.GetValue(http), Path.GetFullPath(parsed.GetValue(models) ?? Path.Combine(parsed.GetValue(directory)!, "models")),
                    parsed.GetValue(set)!, !parsed.GetValue(noTraining), parsed.GetValue(json), parsed.GetValue(verbose)),
                parsed.InvocationConfiguration, TimeProvider.System, cancellationToken);
        });
        return verb;
    }

    /// <summary>Logs of the parts go to standard error, one line each; results alone go to standard output.</summary>
    public static ILoggerFactory CreateLoggers(bool isVerbose, Action<ILoggingBuilder>? more = null) => LoggerFactory.Create(logging => With(logging, more)
        .SetMinimumLevel(isVerbose ? LogLevel.Information : LogLevel.Warning)
        // Says that a web server did not start; the exception that follows says it too, and why.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(format =>
        {
            (format.SingleLine, format.UseUtcTimestamp, format.TimestampFormat) = (true, true, "HH:mm:ss.fff ");
            format.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    private static ILoggingBuilder With(ILoggingBuilder logging, Action<ILoggingBuilder>? more)
    {
        more?.Invoke(logging);
        return logging;
    }

    private static async Task<int> RunAsync(UpOptions options, InvocationConfiguration console, TimeProvider time, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(cancellationToken);
        var stop = signals.Token;
        using var loggers = CreateLoggers(options.IsVerbose);
        var start = time.GetTimestamp();
        WholeSystem system;
        try
        {
            system = await WholeSystem.StartAsync(options, console.Error, loggers, time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;       // stopped while it was starting
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var champion = Task.CompletedTask;
        try
        {
            await UpAnnouncement.WriteAsync(system, options.IsJson, time.GetElapsedTime(start), console);
            if (options.Roles is not null) { champion = FirstModel.EnsureAsync(system, options.MayTrain, console.Error, loggers, time, ended.Token); }
            await system.WatchAsync(time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The usual end. A part that died by itself goes on to the edge, after the others have stopped.
        }
        finally
        {
            await console.Error.WriteLineAsync(stop.IsCancellationRequested ? "hsstream: stopping" : "hsstream: a part ended, stopping the others");
            await ended.CancelAsync();
            await champion;
            await StopAsync(system, time);
        }

        return 0;
    }

    private static async Task StopAsync(WholeSystem system, TimeProvider time)
    {
        try
        {
            await system.DisposeAsync().AsTask().WaitAsync(LongestStop, time);
        }
        catch (TimeoutException e)
        {
            throw new OperatorException($"a part did not stop within {LongestStop.TotalSeconds} s; its data recovers at the next start", e);
        }
    }
}
