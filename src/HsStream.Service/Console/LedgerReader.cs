using HsStream.Service.Health;
using HsStream.Store;
using Npgsql;
using Prometheus;

namespace HsStream.Service.Console;

/// <summary>The ledger as the console reads it: with little patience, since somebody waits for the answer.</summary>
internal sealed class LedgerReader : IAsyncDisposable
{
    public const string Postgres = "postgres";

    private readonly DependencyWatch _watch;

    public LedgerReader(LedgerOptions options, DependencyWatch watch, ILoggerFactory loggers, IMetricFactory metrics, TimeProvider time)
    {
        _watch = watch;
        Store = Open(options, loggers, metrics, time);
    }

    public LedgerStore Store { get; }

    /// <exception cref="LedgerAwayException">PostgreSQL does not answer.</exception>
    public async Task<T> AskAsync<T>(Func<LedgerStore, Task<T>> question)
    {
        if (_watch.IsDown(Postgres)) { throw new LedgerAwayException(null); }
        try
        {
            return await question(Store);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or Polly.ExecutionRejectedException)
        {
            throw new LedgerAwayException(e);
        }
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <summary>For health: whether PostgreSQL answers and the ledger is there.</summary>
    public static async Task<string?> ProbeAsync(LedgerStore store, CancellationToken cancellationToken) =>
        await store.Schema.ExistsAsync(cancellationToken) ? null : "the ledger's tables are not there yet";

    private static LedgerStore Open(LedgerOptions options, ILoggerFactory loggers, IMetricFactory metrics, TimeProvider time)
    {
        return LedgerStore.Open(
            new LedgerOptions
            {
                ConnectionString = options.ConnectionString, Schema = options.Schema, MaxRetries = 1, AttemptTimeout = TimeSpan.FromSeconds(10),
                RetryDelay = TimeSpan.FromMilliseconds(50), MaxRetryDelay = TimeSpan.FromMilliseconds(200), CachedStreams = 0,
            },
            loggers, metrics, time);
    }
}

internal sealed class LedgerAwayException(Exception? inner) : Exception("The ledger's database is not reachable.", inner);
