using HsStream.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Prometheus;

namespace HsStream.Cli.Connect;

/// <summary>The ledger of a verb, with failures in words for the operator.</summary>
internal static class LedgerAccess
{
    private const int Patience = 10;

    /// <summary>Schema of the database that holds the ledger.</summary>
    public static string Schema { get; } = new LedgerOptions().Schema;

    /// <summary>Opens a ledger that is there.</summary>
    /// <exception cref="OperatorException">No PostgreSQL answers, or it holds no ledger.</exception>
    public static async Task<LedgerStore> OpenAsync(Connections connections, CancellationToken cancellationToken)
    {
        var store = await ConnectAsync(connections, cancellationToken);
        try
        {
            return await store.Schema.ExistsAsync(cancellationToken) ? store
                : throw new OperatorException($"{Where(connections.Postgres)} holds no ledger yet; hsstream up, or hsstream run --roles ledger, creates it");
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the ledger and creates it when it is missing, as <c>up</c> does for its own.</summary>
    public static async Task<LedgerStore> CreateAsync(Connections connections, CancellationToken cancellationToken)
    {
        var store = await ConnectAsync(connections, cancellationToken);
        try
        {
            await store.Schema.EnsureAsync(cancellationToken);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs an operator's order; what the rules refuse is one line.</summary>
    public static async Task<T> OrderAsync<T>(Func<Task<T>> order)
    {
        try
        {
            return await order();
        }
        catch (CommandRejectedException e)
        {
            throw new OperatorException(e.Message.TrimEnd('.'), e);
        }
    }

    private static async Task<LedgerStore> ConnectAsync(Connections connections, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder parsed;
        try
        {
            parsed = new NpgsqlConnectionStringBuilder(connections.Postgres);
            if (parsed.Host is null or "") { throw new ArgumentException("expected a Host"); }
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new OperatorException($"the connection string of PostgreSQL cannot be read: {e.Message}; expected such as Host=127.0.0.1;Port=5432;Username=hsstream;Database=hsstream", e);
        }

        parsed.Timeout = Patience;
        try
        {
            // Asked once here: the ledger itself waits for a server that is away, an operator does not.
            await using var probe = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(parsed.ConnectionString) { Pooling = false }.ConnectionString);
            await probe.OpenAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            throw new OperatorException($"no PostgreSQL answers at {Where(connections.Postgres)} ({connections.Origin}): {e.InnerException?.Message ?? e.Message}; start one with hsstream up, or name it with --postgres", e);
        }

        return LedgerStore.Open(
            new LedgerOptions { ConnectionString = parsed.ConnectionString, MaxRetries = 2, CachedStreams = 1000 },
            NullLoggerFactory.Instance, Metrics.WithCustomRegistry(Metrics.NewCustomRegistry()), TimeProvider.System);
    }

    /// <summary>Address without user or password.</summary>
    private static string Where(string connectionString)
    {
        var parsed = new NpgsqlConnectionStringBuilder(connectionString);
        return $"{parsed.Host}:{parsed.Port}, database {parsed.Database}";
    }
}
