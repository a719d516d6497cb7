using HsStream.Service.Configuration;
using HsStream.Service.Console;
using HsStream.Service.Health;
using HsStream.Service.Hosting;
using HsStream.Store;
using HsStream.Streaming.Publish;
using Prometheus;

namespace HsStream.Service.Ledger;

/// <summary>The role ledger: every record into the ledger, and the ledger's model events out.</summary>
internal static class LedgerParts
{
    /// <summary>Key of the role's publisher.</summary>
    public const string Publisher = "ledger";

    public static IServiceCollection AddLedger(this IServiceCollection services, IReadOnlySet<Role> roles) => !roles.Contains(Role.Ledger) ? services : services
        .AddSingleton(Open)
        .AddKeyedSingleton(Publisher, (provider, _) => ActivatorUtilities.CreateInstance<RecordPublisher>(provider, Publisher))
        .AddSingleton<LedgerSetup>()
        .AddSingleton<FactReader>()
        .AddSingleton<LedgerHandler>()
        .AddSingleton<RecorderRole>()
        .AddSingleton<ModelPublisher>()
        .AddSingleton<LedgerUpkeep>()
        .AddTask("ledger setup", (provider, stop) => provider.GetRequiredService<LedgerSetup>().RunAsync(stop))
        .AddTask("ledger", (provider, stop) => provider.GetRequiredService<RecorderRole>().RunAsync(stop))
        .AddTask("model publisher", (provider, stop) => provider.GetRequiredService<ModelPublisher>().RunAsync(stop))
        .AddTask("projections", (provider, stop) => provider.GetRequiredService<LedgerUpkeep>().ProjectAsync(stop))
        .AddTask("reconciliation", (provider, stop) => provider.GetRequiredService<LedgerUpkeep>().ReconcileAsync(stop))
        .AddSingleton(provider => new Dependency(
            LedgerReader.Postgres, IsRequired: true, stop => LedgerReader.ProbeAsync(provider.GetRequiredService<LedgerStore>(), stop)));

    private static LedgerStore Open(IServiceProvider provider) => LedgerStore.Open(
        provider.GetRequiredService<LedgerOptions>(), provider.GetRequiredService<ILoggerFactory>(), provider.GetRequiredService<IMetricFactory>(),
        provider.GetRequiredService<TimeProvider>());
}
