using HsStream.Embedded.Postgres;
using HsStream.IntegrationTests.Postgres;
using HsStream.IntegrationTests.Store;
using Npgsql;
using Prometheus;
using Xunit;

[assembly: AssemblyFixture(typeof(StorePostgres))]

namespace HsStream.IntegrationTests.Store;

/// <summary>One server for all tests of the store: <c>HSSTREAM_TEST_POSTGRES</c> when set, a private one otherwise, started by the first test that asks.</summary>
public sealed class StorePostgres : IAsyncLifetime
{
    private readonly SemaphoreSlim _start = new(1);
    private readonly SemaphoreSlim _turn = new(1);
    private TemporaryDirectory? _directory;
    private PrivatePostgres? _server;
    private string? _template;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) { await _server.DisposeAsync(); }
        _directory?.Dispose();
        _start.Dispose();
        _turn.Dispose();
    }

    /// <returns>Connection string of an empty database of its own.</returns>
    public Task<string> NewDatabaseAsync() => NewDatabaseAsync("template1");

    /// <returns>Connection string of a database of its own with an empty ledger, copied from one that was made once.</returns>
    public async Task<string> NewLedgerAsync()
    {
        await _turn.WaitAsync(PostgresHarness.Stop);
        try
        {
            if (_template is null)
            {
                var template = await NewDatabaseAsync();
                await using var store = LedgerScope.Open(template + ";Pooling=false", TimeProvider.System, Metrics.NewCustomRegistry());
                await store.Schema.EnsureAsync(PostgresHarness.Stop);
                _template = new NpgsqlConnectionStringBuilder(template).Database!;
            }

            return await NewDatabaseAsync(_template);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<string> NewDatabaseAsync(string template)
    {
        var server = Environment.GetEnvironmentVariable("HSSTREAM_TEST_POSTGRES") ?? await StartAsync();
        var name = "t" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(server + ";Pooling=false");
        await connection.OpenAsync(PostgresHarness.Stop);
        await using var command = new NpgsqlCommand($"create database {name} template {template}", connection);
        await command.ExecuteNonQueryAsync(PostgresHarness.Stop);
        return new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 10 }.ConnectionString;
    }

    private async Task<string> StartAsync()
    {
        await _start.WaitAsync(PostgresHarness.Stop);
        try
        {
            _directory ??= new TemporaryDirectory();
            _server ??= await PostgresHarness.StartAsync(_directory.Path);
            return _server.ConnectionString;
        }
        finally
        {
            _start.Release();
        }
    }
}
