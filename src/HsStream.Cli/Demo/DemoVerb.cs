using System.CommandLine;
using HsStream.Cli.Models;
using HsStream.Cli.Up;
using HsStream.Scoring.Bundles;

namespace HsStream.Cli.Demo;

/// <summary><c>hsstream demo</c>: the whole system in a temporary folder on free ports, under 5,000 shipment lines; it ends by itself.</summary>
internal static class DemoVerb
{
    private const int UsualLines = 5000;

    public static Command Describe()
    {
        var count = CommonOptions.Number("--count", 1, $"Shipment lines to generate and publish; default: {UsualLines}.");
        var models = new Option<string?>("--models") { Description = "Folder of the models, which keeps the default model for the next time; default: models/ in the data directory.", HelpName = "DIR" };
        var directory = CommonOptions.DataDirectory();
        var verb = new Command("demo", "Run the whole system in a temporary folder: train or load a model, classify shipment lines, audit, replay, verify, stop.") { count, models, directory };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var console = parsed.InvocationConfiguration;
            var folder = Directory.CreateTempSubdirectory("hsstream-demo-");
            try
            {
                var place = parsed.GetValue(models) ?? Path.Combine(DataDirectory.Prepare(parsed.GetValue(directory)!), "models");
                var bundle = await ModelAsync(new BundleStore(place), console, signals.Token);
                var options = new UpOptions(
                    new PlatformOptions { DataDirectory = folder.FullName, RegistryPort = 0, PostgresPort = 0 },
                    Service.Configuration.Roles.All, IsIsolated: false, HttpPort: 0, Path.GetFullPath(place), new Dictionary<string, string>(), MayTrain: false, IsJson: false, IsVerbose: false);
                using var loggers = QuietStart.Loggers();
                await using var system = await WholeSystem.StartAsync(options, console.Error, loggers, TimeProvider.System, signals.Token);
                await new Story(system, bundle, (int)Math.Min(parsed.GetValue(count) ?? UsualLines, 1_000_000), console, TimeProvider.System).TellAsync(signals.Token);
            }
            catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
            {
                return 1;
            }
            finally
            {
                folder.Delete(recursive: true);
            }

            await console.Output.WriteLineAsync("\nStopped everything. To keep it running: ./hsstream up   (then ./hsstream publish FILE, ./hsstream tail hs.predictions --follow)");
            return 0;
        });
        return verb;
    }

    /// <summary>The default model of the folder, which is trained once.</summary>
    private static async Task<Bundle> ModelAsync(BundleStore store, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        if (DefaultModel.NewestDefault(store, console.Error) is { } found)
        {
            await console.Output.WriteLineAsync($"Loaded the default model {ModelNames.Short(found.ModelVersion)} from {store.Root}");
            return found;
        }

        await console.Output.WriteLineAsync("Training the default model from the shipped catalogue, about a minute; the next time it is loaded");
        var trained = await DefaultModel.TrainAsync(store, console.Error, "  ", cancellationToken);
        await console.Output.WriteLineAsync($"Trained model {ModelNames.Short(trained.ModelVersion)}, kept in {store.Root}");
        return trained;
    }
}
