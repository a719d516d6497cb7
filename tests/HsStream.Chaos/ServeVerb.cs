using System.Runtime.InteropServices;
using HsStream.Embedded.Broker.Hosting;
using HsStream.Embedded.Broker.Log;
using Microsoft.Extensions.Logging;

namespace HsStream.Chaos;

/// <summary>The broker alone in a process, until SIGTERM.</summary>
internal static class ServeVerb
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var options = new Options(args, "--data-dir", "--port", "--durability", "--reserve");
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(format => format.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        try
        {
            await using var broker = await EmbeddedBroker.StartAsync(
                new BrokerOptions
                {
                    DataDirectory = options.Text("--data-dir") ?? throw new FormatException("serve expects --data-dir."),
                    Port = options.Number("--port", 0),
                    Durability = options.Text("--durability") == "page-cache" ? Durability.PageCache : Durability.Fsync,
                    DiskReserveBytes = options.Number("--reserve", 64 << 20),
                },
                loggers, TimeProvider.System, stop.Token);
            Console.WriteLine(broker.BootstrapServers);
            await broker.Completion.WaitAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The usual end.
        }
        catch (BrokerStartException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }

        return 0;
    }
}
