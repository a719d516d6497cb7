using HsStream.Embedded.Postgres;
using HsStream.IntegrationTests.Postgres;
using Xunit;

namespace HsStream.IntegrationTests.Service;

/// <summary>The PostgreSQL of the service's tests; each of them has a schema of its own. Its tests run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ServiceGroup : ICollectionFixture<ServicePostgres>
{
    public const string Name = "service";
}

public sealed class ServicePostgres : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private PrivatePostgres? _server;

    public string ConnectionString { get; private set; } = Environment.GetEnvironmentVariable("HSSTREAM_TEST_POSTGRES") ?? "";

    public async ValueTask InitializeAsync()
    {
        if (ConnectionString.Length > 0) { return; }
        _server = await PostgresHarness.StartAsync(_directory.Path);
        ConnectionString = _server.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) { await _server.DisposeAsync(); }
        _directory.Dispose();
    }
}
