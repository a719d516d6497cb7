using System.Text.Json.Nodes;
using HsStream.Domain.Messages;
using HsStream.Store.Reading;
using HsStream.UnitTests.Scoring.Onnx;
using Xunit;

namespace HsStream.IntegrationTests.Service;

[Collection(ServiceGroup.Name)]
public sealed class EndToEndTests(ServicePostgres postgres)
{
    [Fact]
    public async Task Descriptions_in_predictions_out_and_the_ledger_has_both()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var service = await rig.RunAsync("scorer,ledger,console");
        var version = rig.AddBundle(1);
        await rig.PromoteAsync(version);
        var descriptions = ServiceRig.Descriptions(300);
        await rig.PublishAsync(descriptions);
        var (status, body) = await rig.PostAsync(service, """{"text":"SECRETGOODS steel bolt","description_id":"http/1"}""");
        Assert.True(status == 202, body);
        Assert.Equal("http/1", (string?)JsonNode.Parse(body)!["description_id"]);

        var predictions = await rig.PredictionsAsync(301);
        Assert.Equal(301, predictions.Count);
        Assert.Equal(descriptions.Select(d => d.DescriptionId).Append("http/1").Order(), predictions.Select(p => p.Prediction.DescriptionId).Order());
        Assert.All(predictions, p => Assert.Equal(version, p.Prediction.ModelVersion));
        Assert.All(predictions.Where(p => p.Prediction.DescriptionId != "http/1"), p => Assert.Equal(
            PredictionId.Of(p.Prediction.DescriptionId, TextHash.Of(descriptions.Single(d => d.DescriptionId == p.Prediction.DescriptionId).Text), version), p.Prediction.PredictionId));
        await rig.UntilAsync(async () => await rig.Ledger.Queries.CountPredictionsAsync(new PredictionRange(), ServiceRig.Stop) == 301, "301 predictions in the ledger");

        var bits = predictions.ToDictionary(p => p.Prediction.DescriptionId, p => Bits(p.Prediction));
        var recorded = 0;
        await foreach (var prediction in rig.Ledger.Queries.PredictionsAsync(new PredictionRange(), ServiceRig.Stop))
        {
            recorded++;
            Assert.Equal(bits[prediction.Prediction.DescriptionId], Bits(prediction.Prediction));
            Assert.NotNull(prediction.Goods);
        }

        Assert.Equal(301, recorded);
        var decision = JsonNode.Parse((await rig.GetAsync(service, "/v1/decisions/http/1")).Body)!;
        Assert.Equal(("predicted", predictions.Single(p => p.Prediction.DescriptionId == "http/1").Prediction.Code.ToString()), ((string?)decision["status"], (string?)decision["code"]));
        Assert.Equal(2, decision["events"]!.AsArray().Count);
        Assert.Equal("http/1", (string?)JsonNode.Parse((await rig.GetAsync(service, "/v1/decisions/http%2F1")).Body)!["description_id"]);
        var model = JsonNode.Parse((await rig.GetAsync(service, "/v1/models")).Body)!["models"]![0]!;
        Assert.Equal((version, "CHAMPION"), ((string?)model["model_version"], (string?)model["stage"]));

        await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains("\"ready\"", StringComparison.Ordinal), "readiness");
        var (ready, health) = await rig.GetAsync(service, "/health/ready");
        Assert.Equal((200, "CPU"), (ready, (string?)JsonNode.Parse(health)!["models"]![0]!["provider"]));
        var metrics = (await rig.GetAsync(service, "/metrics")).Body;
        foreach (var name in (string[])
        [
            $"hsstream_scorer_model_info{{model_version=\"{version}\"", "hsstream_scorer_predictions_total", "hsstream_processor_latency_seconds_count{stage=\"scorer\"} ",
            "hsstream_processor_batch_records", "hsstream_processor_transaction_seconds", "hsstream_consumer_lag_records", "hsstream_consumer_lag_seconds{stage=\"ledger\"}",
            "hsstream_ledger_append_seconds", "hsstream_console_descriptions_total{outcome=\"accepted\"} 1", "hsstream_service_dependency_up{dependency=\"kafka\"} 1",
        ])
        {
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        }

        Assert.NotEmpty(rig.Logs.Lines);
        Assert.DoesNotContain(rig.Logs.Lines, line => line.Contains("SECRETGOODS", StringComparison.OrdinalIgnoreCase) || TinyModel.Lines.Any(known => line.Contains(known.Text, StringComparison.OrdinalIgnoreCase)));
    }

    private static string Bits(Prediction prediction) =>
        $"{prediction.Code} {prediction.Outcome} {string.Join(',', prediction.Subheadings.Concat(prediction.Headings).Concat(prediction.Chapters).Select(r => $"{r.Code}={BitConverter.SingleToInt32Bits(r.Probability)}"))}";
}
