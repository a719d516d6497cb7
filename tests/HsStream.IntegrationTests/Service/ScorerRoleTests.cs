using System.Text;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using HsStream.Service.Scoring;
using Xunit;

namespace HsStream.IntegrationTests.Service;

[Collection(ServiceGroup.Name)]
public sealed class ScorerRoleTests(ServicePostgres postgres)
{
    [Fact]
    public async Task A_model_is_replaced_in_mid_stream_without_loss_or_repetition()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var (first, second) = (rig.AddBundle(1), rig.AddBundle(2));
        await rig.RunAsync("scorer");
        await rig.UntilTopicsAsync();
        await rig.AnnounceAsync(first, ModelStage.Champion);
        var sent = 0;
        using var done = new CancellationTokenSource();
        var stream = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await rig.PublishAsync([.. ServiceRig.Descriptions(20, $"batch{sent}-")]);
                sent += 20;
            }
        }, ServiceRig.Stop);
        await rig.PredictionsAsync(100);
        await rig.AnnounceAsync(second, ModelStage.Champion);
        await rig.AnnounceAsync(first, ModelStage.Retired);
        await rig.UntilAsync(async () => (await rig.PredictionsAsync(1)).Any(p => p.Prediction.ModelVersion == second), "the second model's predictions");
        await done.CancelAsync();
        await stream;
        var predictions = await rig.PredictionsAsync(sent);
        Assert.Equal(sent, predictions.Count);
        Assert.Equal(sent, predictions.Select(p => p.Prediction.DescriptionId).Distinct().Count());
        Assert.Equal([first, second], predictions.Select(p => p.Prediction.ModelVersion).Distinct().Order().Order(Comparer<string>.Create((a, b) => a == first ? -1 : 1)));
        // One worker has a partition: what the new model began, the old one does not interrupt.
        foreach (var partition in predictions.GroupBy(p => p.Prediction.Origin.Partition))
        {
            var versions = partition.OrderBy(p => p.Prediction.Origin.Offset).Select(p => p.Prediction.ModelVersion).ToList();
            Assert.DoesNotContain(first, versions.SkipWhile(version => version == first));
        }
    }

    [Fact]
    public async Task Without_a_bundle_nothing_is_consumed_and_the_reason_is_told()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var version = rig.AddBundle(1);
        var hidden = rig.Bundles.PathOf(version) + ".hidden";
        Directory.Move(rig.Bundles.PathOf(version), hidden);
        var service = await rig.RunAsync("scorer");
        await rig.UntilTopicsAsync();
        await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains("no model is CHAMPION", StringComparison.Ordinal), "the missing champion to be told");
        await rig.PublishAsync(ServiceRig.Descriptions(10));
        await rig.AnnounceAsync(version, ModelStage.Champion);
        await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains(Bundle.ManifestFile, StringComparison.Ordinal) ||
            (await rig.GetAsync(service, "/health/ready")).Body.Contains("expected a directory", StringComparison.Ordinal), "the missing bundle to be told");
        Assert.Equal(503, (await rig.GetAsync(service, "/health/ready")).Status);
        Assert.Equal(200, (await rig.GetAsync(service, "/health/live")).Status);
        Assert.Empty(await rig.ReadAsync(Topics.Predictions, 0));
        Assert.Empty(await rig.ReadAsync(Topics.DeadLetters, 0));
        Directory.Move(hidden, rig.Bundles.PathOf(version));
        Assert.Equal(10, (await rig.PredictionsAsync(10)).Count);
    }

    [Fact]
    public async Task A_missing_bundle_is_fetched_from_a_console()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var version = rig.AddBundle(1);
        var console = await rig.RunAsync("console");
        Assert.Equal(400, (await rig.GetAsync(console, "/v1/bundles/..%2F..%2Fx/manifest.json")).Status);
        Assert.Equal(404, (await rig.GetAsync(console, $"/v1/bundles/{version}/..%2F..%2Fx")).Status);
        Assert.Equal(404, (await rig.GetAsync(console, $"/v1/bundles/sha256:{new string('0', 64)}/manifest.json")).Status);
        using var empty = new TemporaryDirectory();
        await rig.RunAsync("scorer", options => options with { Models = options.Models with { Directory = Path.Combine(empty.Path, "models"), Url = console.Url.ToString() } });
        await rig.UntilTopicsAsync();
        await rig.AnnounceAsync(version, ModelStage.Champion);
        await rig.PublishAsync(ServiceRig.Descriptions(5));
        Assert.All(await rig.PredictionsAsync(5), p => Assert.Equal(version, p.Prediction.ModelVersion));
    }

    [Fact]
    public async Task A_canary_is_sticky_and_both_models_answer_every_description()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        var (champion, candidate) = (rig.AddBundle(1), rig.AddBundle(2));
        var service = await rig.RunAsync("scorer");
        await rig.UntilTopicsAsync();
        await rig.AnnounceAsync(candidate, ModelStage.Experiment);
        await rig.AnnounceAsync(champion, ModelStage.Champion);
        await rig.AnnounceAsync(new Experiment
        {
            ExperimentId = "x", Kind = ExperimentKind.Canary, IsRunning = true, Champion = champion, Candidate = candidate, CandidateShare = 0.3, Salt = "salt",
            Revision = 1, ChangedAt = DateTimeOffset.UnixEpoch.AddYears(50), ChangedBy = "test", Reason = "test",
        });
        await rig.UntilAsync(async () => (await rig.GetAsync(service, "/health/ready")).Body.Contains("\"candidate\"", StringComparison.Ordinal), "the experiment");
        // Every id twice, with other texts.
        var descriptions = ServiceRig.Descriptions(100);
        await rig.PublishAsync([.. descriptions, .. descriptions.Select(d => d with { Text = d.Text + " again" })]);
        var served = await rig.PredictionsAsync(200);
        var shadows = await rig.PredictionsAsync(200, Topics.ShadowPredictions);
        Assert.Equal((200, 200), (served.Count, shadows.Count));
        Assert.All(served.Concat(shadows), p => Assert.Equal("x", p.Prediction.ExperimentId));
        Assert.All(served, p => Assert.Equal(
            ExperimentAssignment.IsCandidate("salt", p.Prediction.DescriptionId, 0.3) ? candidate : champion, p.Prediction.ModelVersion));
        Assert.Contains(served, p => p.Prediction.ModelVersion == candidate);
        Assert.All(served.GroupBy(p => p.Prediction.DescriptionId), same => Assert.Single(same.Select(p => p.Prediction.ModelVersion).Distinct()));
        Assert.Empty(served.Select(p => p.Prediction.PredictionId).Intersect(shadows.Select(p => p.Prediction.PredictionId)));
    }

    [Fact]
    public async Task What_can_never_succeed_is_dead_lettered_with_its_reason_and_the_rest_is_served()
    {
        await using var rig = await ServiceRig.StartAsync(postgres);
        await rig.RunAsync("scorer,ledger");
        await rig.PromoteAsync(rig.AddBundle(1));
        await rig.UntilTopicsAsync();
        var good = ServiceRig.Descriptions(3);
        var sound = await rig.Codecs.Descriptions.EncodeAsync(Topics.Descriptions, good[0], ServiceRig.Stop);
        await rig.PublishAsync(good[0]);
        await rig.PublishAsync(good[1] with { DescriptionId = "empty", Text = " " });
        await rig.PublishAsync(good[1] with { DescriptionId = "long", Text = new string('x', 10_001) });
        await rig.PublishRawAsync(Topics.Descriptions, Encoding.UTF8.GetBytes("other"), sound);
        await rig.PublishRawAsync(Topics.Descriptions, [1], Encoding.UTF8.GetBytes("not avro at all"));
        await rig.PublishRawAsync(Topics.Descriptions, [2], null);
        await rig.PublishRawAsync(Topics.Descriptions, [3], sound[..^3]);
        await rig.PublishAsync(good[1], good[2]);
        var letters = await rig.DeadLettersAsync(6);
        Assert.Equal(
            new[]
            {
                DeadLetterReasons.EmptyText, DeadLetterReasons.OversizeText, DeadLetterReasons.KeyMismatch, DeadLetterReasons.NotFramed, DeadLetterReasons.NullValue,
                DeadLetterReasons.Unreadable,
            }.Order(),
            letters.Select(letter => letter.Reason).Order());
        Assert.Equal(good.Select(d => d.DescriptionId).Order(), (await rig.PredictionsAsync(3)).Select(p => p.Prediction.DescriptionId).Order());
        await rig.UntilAsync(
            async () => await rig.Ledger.Queries.DecisionAsync("empty", ServiceRig.Stop) is { Events.Count: > 0 }, "the dead letter in the ledger");
    }
}
