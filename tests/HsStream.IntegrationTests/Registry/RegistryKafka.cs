using HsStream.Embedded.Broker.Hosting;
using HsStream.Embedded.Broker.Log;
using HsStream.IntegrationTests.Registry;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

[assembly: AssemblyFixture(typeof(RegistryKafka))]

namespace HsStream.IntegrationTests.Registry;

/// <summary>The cluster that the registry's tests run over: HSSTREAM_TEST_KAFKA, or a broker of our own in this process.</summary>
public sealed class RegistryKafka : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private EmbeddedBroker? _broker;
    private string? _bootstrap = Environment.GetEnvironmentVariable("HSSTREAM_TEST_KAFKA") is { Length: > 0 } given ? given : null;

    public async ValueTask InitializeAsync()
    {
        if (_bootstrap is not null) { return; }
        _broker = await StartBrokerAsync(_directory.Path, 0);
        _bootstrap = _broker.BootstrapServers;
    }

    internal Task<RegistryScope> OpenAsync() => Task.FromResult(new RegistryScope(_bootstrap!));

    /// <param name="settings">Kafka's broker settings.</param>
    internal static Task<EmbeddedBroker> StartBrokerAsync(string directory, int port, params (string Name, string Value)[] settings) => EmbeddedBroker.StartAsync(
        new BrokerOptions { DataDirectory = directory, Port = port, Durability = Durability.PageCache, Settings = settings.ToDictionary(setting => setting.Name, setting => setting.Value) },
        NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) { await _broker.DisposeAsync(); }
        _directory.Dispose();
    }
}
