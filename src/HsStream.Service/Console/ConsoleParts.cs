using HsStream.Service.Configuration;
using HsStream.Service.Health;
using HsStream.Store;
using HsStream.Streaming.Publish;

namespace HsStream.Service.Console;

/// <summary>The role console: HTTP for people and for systems without a Kafka client.</summary>
internal static class ConsoleParts
{
    /// <summary>Key of the role's publisher.</summary>
    public const string Publisher = "console";

    public static IServiceCollection AddConsole(this IServiceCollection services, IReadOnlySet<Role> roles, ConsoleOptions options) => !roles.Contains(Role.Console) ? services : services
        .AddKeyedSingleton(Publisher, (provider, _) => ActivatorUtilities.CreateInstance<RecordPublisher>(provider, Publisher))
        .AddSingleton<IDescriptionPublisher, KafkaDescriptionPublisher>()
        .AddSingleton<LedgerReader>()
        .AddLedgerProbe(roles)
        .AddIntake(options);

    /// <summary>Without its database the console still takes descriptions. The role ledger asks by itself.</summary>
    private static IServiceCollection AddLedgerProbe(this IServiceCollection services, IReadOnlySet<Role> roles) => roles.Contains(Role.Ledger) ? services : services
        .AddSingleton(provider =>
        {
            var store = new Lazy<LedgerStore>(() => provider.GetRequiredService<LedgerReader>().Store);
            return new Dependency(LedgerReader.Postgres, IsRequired: false, stop => LedgerReader.ProbeAsync(store.Value, stop));
        });

    /// <summary>All that the requests need but the publisher.</summary>
    public static IServiceCollection AddIntake(this IServiceCollection services, ConsoleOptions options) => services
        .AddSingleton<ConsoleMetrics>()
        .AddSingleton<DescriptionJson>()
        .AddSingleton<DescriptionIntake>()
        .AddSingleton(new IdempotencyStore(options.IdempotencyKeys))
        .AddSingleton(_ => new BulkGate(options.MaxBulkRequests));
}
