using HsStream.Cli.Up;

namespace HsStream.Cli.Connect;

/// <summary>The servers that a verb talks to.</summary>
/// <param name="BootstrapServers">Kafka.</param>
/// <param name="Registry">Address of the schema registry.</param>
/// <param name="Postgres">Connection string of the ledger's database.</param>
/// <param name="Http">Address of the console; null when none is known.</param>
/// <param name="Origin">Where the addresses come from, for messages.</param>
internal sealed record Connections(string BootstrapServers, string Registry, string Postgres, string? Http, string Origin)
{
    public const string KafkaVariable = "HSSTREAM_KAFKA";
    public const string RegistryVariable = "HSSTREAM_REGISTRY";
    public const string PostgresVariable = "HSSTREAM_POSTGRES";
    public const string HttpVariable = "HSSTREAM_HTTP";

    /// <summary>By option, else environment, else the data directory's running <c>up</c>, else the addresses that <c>up</c> takes by default.</summary>
    public static Connections Find(string? kafka, string? registry, string? postgres, string? http, string dataDirectory, Func<string, string?> environment)
    {
        kafka ??= Variable(KafkaVariable);
        registry ??= Variable(RegistryVariable);
        postgres ??= Variable(PostgresVariable);
        http ??= Variable(HttpVariable);
        var running = kafka is null || registry is null || postgres is null ? Endpoints.TryRead(dataDirectory) : null;
        var origin = kafka is not null ? "as named"
            : running is not null ? $"from {Endpoints.PathIn(dataDirectory)}"
            : $"the default, as no hsstream up runs on {dataDirectory}";
        // The console belongs to the system of the broker: with another broker named, the local one answers for another system.
        http ??= kafka is null ? running?.Http : null;
        return new Connections(
            kafka ?? running?.Kafka ?? $"127.0.0.1:{UpVerb.KafkaPort}",
            registry ?? running?.Registry ?? $"http://127.0.0.1:{UpVerb.RegistryPort}",
            postgres ?? running?.Postgres ?? DefaultPostgres(dataDirectory),
            http, origin);

        string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;
    }

    public static string DefaultPostgres(string dataDirectory) =>
        $"Host=127.0.0.1;Port={UpVerb.PostgresPort};Username=hsstream;Database=hsstream;Passfile={Path.Combine(Path.GetFullPath(dataDirectory), "postgres", "pgpass")}";
}
