using System.Globalization;
using Xunit;

namespace HsStream.IntegrationTests.Registry;

/// <summary>The cluster goes away under a running registry and comes back.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task While_the_broker_is_away_reads_go_on_writes_say_why_not_and_afterwards_all_is_well()
    {
        using var directory = new TemporaryDirectory();
        var broker = await RegistryKafka.StartBrokerAsync(directory.Path, 0);
        var port = int.Parse(broker.BootstrapServers.Split(':')[1], CultureInfo.InvariantCulture);
        await using var scope = new RegistryScope(broker.BootstrapServers);
        var http = scope.Http(await scope.StartAsync(writeTimeout: TimeSpan.FromSeconds(2)));
        await RegistryScope.RegisterAsync(http, "s", "\"int\"");
        await broker.DisposeAsync();

        Assert.Equal(200, (await RegistryScope.SendAsync(http, HttpMethod.Get, "subjects/s/versions/latest")).Status);
        // What is there already needs no write.
        await RegistryScope.RegisterAsync(http, "s", "\"int\"");
        var (status, refusal) = await RegistryScope.SendAsync(http, HttpMethod.Post, "subjects/t/versions", RegistryScope.Body("\"long\""));
        Assert.Equal(500, status);
        Assert.True((int)refusal!["error_code"]! is 50001 or 50002, $"{refusal}");
        Assert.Contains(scope.Bootstrap, (string)refusal["message"]!);

        broker = await RegistryKafka.StartBrokerAsync(directory.Path, port);
        await RegistryScope.WaitAsync(
            async () => (await RegistryScope.SendAsync(http, HttpMethod.Post, "subjects/t/versions", RegistryScope.Body("\"long\""))).Status == 200,
            "the registry to write again");

        Assert.Equal("[1]", (await RegistryScope.SendAsync(http, HttpMethod.Get, "subjects/t/versions")).Body!.ToJsonString());
        Assert.Equal(3, (int)(await RegistryScope.RegisterAsync(http, "u", "\"double\""))["id"]!);
        await broker.DisposeAsync();
    }

    [Fact]
    public async Task A_registry_may_be_started_before_its_broker()
    {
        using var directory = new TemporaryDirectory();
        var broker = await RegistryKafka.StartBrokerAsync(directory.Path, 0);
        var port = int.Parse(broker.BootstrapServers.Split(':')[1], CultureInfo.InvariantCulture);
        await broker.DisposeAsync();
        await using var scope = new RegistryScope(broker.BootstrapServers);

        var starting = scope.StartAsync();
        broker = await RegistryKafka.StartBrokerAsync(directory.Path, port);

        await RegistryScope.RegisterAsync(scope.Http(await starting), "s", "\"int\"");
        await broker.DisposeAsync();
    }
}
