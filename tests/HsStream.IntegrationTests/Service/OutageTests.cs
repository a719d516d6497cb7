using HsStream.Domain.Messages;
using HsStream.IntegrationTests.Postgres;
using HsStream.Store.Reading;
using Xunit;

namespace HsStream.IntegrationTests.Service;

[Collection(ServiceGroup.Name)]
public sealed class OutageTests(ServicePostgres postgres)
{
    [Fact]
    public async Task A_restarted_service_goes_on_where_it_stopped()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var version = rig.AddBundle(1);
        await using (await rig.RunAsync("scorer,ledger,console"))
        {
            await rig.PromoteAsync(version);
            await rig.PublishAsync(ServiceRig.Descriptions(50, "a"));
            Assert.Equal(50, (await rig.PredictionsAsync(50)).Count);
        }

        await rig.PublishAsync(ServiceRig.Descriptions(50, "b"));
        await using (await rig.RunAsync("scorer,ledger,console"))
        {
            var predictions = await rig.PredictionsAsync(100);
            Assert.Equal(100, predictions.Select(p => p.Prediction.DescriptionId).Distinct().Count());
            Assert.Equal(100, predictions.Count);
            await rig.UntilAsync(async () => await rig.Ledger.Queries.CountPredictionsAsync(new PredictionRange(), ServiceRig.Stop) == 100, "100 predictions in the ledger");
        }
    }

    [Fact]
    public async Task While_PostgreSQL_is_away_predictions_go_on_and_the_ledger_catches_up_by_itself()
    {
        using var directory = new TemporaryDirectory();
        var server = await PostgresHarness.StartAsync(directory.Path);
        try
        {
            await using var rig = await ServiceRig.StartAsync(postgres, ledger: server.ConnectionString);
            var service = await rig.RunAsync("scorer,ledger,console");
            await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains("\"kafka\",\"state\":\"up\"", StringComparison.Ordinal), "kafka to be up");
            await rig.PromoteAsync(rig.AddBundle(1));
            await rig.PublishAsync(ServiceRig.Descriptions(20, "a"));
            await rig.UntilAsync(async () => await rig.Ledger.Queries.CountPredictionsAsync(new PredictionRange(), ServiceRig.Stop) == 20, "20 predictions in the ledger");
            var port = server.Port;
            await server.DisposeAsync();
            await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains("\"postgres\",\"state\":\"down\"", StringComparison.Ordinal), "postgres to be down");
            Assert.Equal(503, (await rig.GetAsync(service, "/v1/decisions/a1")).Status);
            var (status, body) = await rig.PostAsync(service, """{"text":"steel bolt","description_id":"meanwhile"}""");
            Assert.True(status == 202, body);
            Assert.Equal(21, (await rig.PredictionsAsync(21)).Count);
            server = await PostgresHarness.StartAsync(directory.Path, port);
            await rig.UntilAsync(async () => await rig.Ledger.Queries.CountPredictionsAsync(new PredictionRange(), ServiceRig.Stop) == 21, "21 predictions in the ledger");
            await rig.UntilAsync(async () => (await rig.GetAsync(service, "/v1/decisions/meanwhile")).Status == 200, "the decision");
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_a_registry_at_its_start_a_service_waits_for_it()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var port = rig.Registry!.Url.Port;
        var version = rig.AddBundle(1);
        await rig.StopRegistryAsync();
        var service = await rig.RunAsync("scorer,console");
        await rig.UntilTopicsAsync();
        await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains("\"registry\",\"state\":\"down\"", StringComparison.Ordinal), "the registry to be down");
        await rig.StartRegistryAsync(port);
        await rig.AnnounceAsync(version, ModelStage.Champion);
        await rig.PublishAsync(ServiceRig.Descriptions(5));
        Assert.Equal(5, (await rig.PredictionsAsync(5)).Count);
    }
}
