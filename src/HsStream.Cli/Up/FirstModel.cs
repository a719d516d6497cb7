using HsStream.Cli.Connect;
using HsStream.Cli.Models;
using HsStream.Domain.Ledger;
using HsStream.Scoring.Bundles;
using HsStream.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HsStream.Cli.Up;

/// <summary>Sees to it that some model serves: at a first start there is none, and descriptions wait in Kafka until there is.</summary>
internal static class FirstModel
{
    private const string Actor = "hsstream up";

    /// <summary>Returns at once when a champion is there; never fails the system, but says what is missing and tries again.</summary>
    public static async Task EnsureAsync(WholeSystem system, bool mayTrain, TextWriter errors, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger(typeof(FirstModel).FullName!);
        var backoff = new Backoff(time);
        while (true)
        {
            try
            {
                backoff.Started();
                await TryAsync(system, mayTrain, errors, cancellationToken);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is OperatorException or NpgsqlException or BundleException or IOException or TimeoutException or LedgerTamperedException or LedgerLayoutException)
            {
                var wait = backoff.Ended();
                logger.ChampionDelayed(e.Message, wait.TotalSeconds);
                await Task.Delay(wait, time, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private static async Task TryAsync(WholeSystem system, bool mayTrain, TextWriter errors, CancellationToken cancellationToken)
    {
        var endpoints = system.Endpoints;
        var connections = new Connections(endpoints.Kafka, endpoints.Registry!, endpoints.Postgres!, endpoints.Http, "of this hsstream up");
        await using var ledger = await LedgerAccess.CreateAsync(connections, cancellationToken);
        // A model that was retired on purpose is not replaced by one of ours.
        if ((await ledger.Queries.ServingPeriodsAsync(cancellationToken)).Count > 0) { return; }
        var store = new BundleStore(system.Models);
        var bundle = DefaultModel.Newest(store, errors);
        var how = "the newest model of the folder";
        if (bundle is null)
        {
            if (!mayTrain)
            {
                await errors.WriteLineAsync($"hsstream: no model serves; hsstream models register and promote make one serve, descriptions wait until then");
                return;
            }

            await errors.WriteLineAsync("hsstream: no model yet, training the default one (about a minute); descriptions are accepted meanwhile");
            bundle = await DefaultModel.TrainAsync(store, errors, "hsstream: training: ", cancellationToken);
            how = "the default model, trained from the shipped catalogue";
        }

        var mandate = new Mandate(Actor, $"first start without a champion: {how}", null);
        await LedgerAccess.OrderAsync(() => ledger.Models.RegisterAsync(BundleFacts.Of(bundle.Manifest), mandate, cancellationToken));
        await LedgerAccess.OrderAsync(() => ledger.Models.PromoteAsync(bundle.ModelVersion, mandate, cancellationToken));
        await errors.WriteLineAsync($"hsstream: model {ModelNames.Short(bundle.ModelVersion)} is champion ({how})");
    }
}
