using System.CommandLine;
using System.Globalization;
using HsStream.Cli.Up;

namespace HsStream.Cli.Demo;

/// <summary><c>hsstream demo</c>: a tour of the platform in a temporary folder, on free ports; it ends by itself.</summary>
internal static class DemoVerb
{
    public static Command Describe()
    {
        var verb = new Command("demo", "Start the platform in a temporary folder, take a short tour, remove it again.");
        verb.SetAction((parsed, cancellationToken) => RunAsync(parsed.InvocationConfiguration.Output, TimeProvider.System, cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(cancellationToken);
        var stop = signals.Token;
        var folder = Directory.CreateTempSubdirectory("hsstream-demo-");
        try
        {
            using var loggers = UpVerb.CreateLoggers(isVerbose: false);
            var options = new PlatformOptions { DataDirectory = folder.FullName, RegistryPort = 0, PostgresPort = 0 };
            var start = time.GetTimestamp();
            await using (var platform = await Platform.StartAsync(options, loggers, time, stop))
            {
                await output.WriteLineAsync($"Started in {Seconds()}, in {folder.FullName}");
                await output.WriteLineAsync($"  kafka     {platform.BootstrapServers}");
                await output.WriteLineAsync($"  registry  {platform.RegistryUrl!.GetLeftPart(UriPartial.Authority)}");
                await output.WriteLineAsync($"  postgres  127.0.0.1:{platform.Postgres!.Port}");
                await new Tour(platform, output).RunAsync(stop);
            }

            await output.WriteLineAsync("\nStopped everything, and started it again on the same folder");
            await using (var platform = await Platform.StartAsync(options, loggers, time, stop))
            {
                await new Tour(platform, output).LookAgainAsync(stop);
            }

            await output.WriteLineAsync($"\nDone in {Seconds()}. Run it for yourself: ./hsstream up");
            return 0;

            string Seconds() => string.Create(CultureInfo.InvariantCulture, $"{time.GetElapsedTime(start).TotalSeconds:0.0} s");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
