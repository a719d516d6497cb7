using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>What the roles need is away or damaged: they wait, lose nothing, and go on by themselves.</summary>
[Collection(PipelineGroup.Name)]
public sealed class DependencyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registry_that_is_away_at_the_start_and_again_in_flight_is_waited_for()
    {
        await using var scope = await PipelineScope.StartAsync(scorers: 1);
        await scope.PublishAsync(500, seed: 21, "first-");
        await scope.Rig.StopRegistryAsync();
        scope.Rig.StartRoles();
        await WaitAsync(() => scope.Rig.Roles.All(role => role.IsRunning), "the roles");
        await scope.Rig.StartRegistryAsync(Token);
        await scope.DrainAsync();

        using var registry = new AvroRecords(scope.Rig.RegistryUrl);
        var encoding = await DescriptionEncoding.RegisterAsync(registry, Topics.Descriptions, Token);
        await scope.Rig.StopRegistryAsync();
        // A scorer that starts now knows no schema; those that run do, and need none.
        scope.Rig.Scorers[0].Kill();
        await scope.PublishAsync(new LoadPlan(encoding, 22, "second-").Records(500));
        await scope.Rig.StartRegistryAsync(Token);
        await scope.DrainAsync();
        var facts = await scope.InspectAsync();
        Assert.Equal(1_000, facts.Descriptions.Count);
        // The writer's schema id of some records is unknown for good, which only an answering registry can say.
        Assert.Contains(facts.DeadLetters, letter => letter.Reason == DeadLetterReasons.UnknownSchema);
    }

    [Fact]
    public async Task A_bundle_that_is_missing_and_then_damaged_is_waited_for_and_never_served()
    {
        await using var scope = await PipelineScope.StartAsync(scorers: 1);
        var store = new BundleStore(scope.Rig.Options.ModelsDirectory);
        var (place, aside) = (store.PathOf(scope.Model.ModelVersion), Path.Combine(scope.Rig.Options.DataDirectory, "aside"));
        Directory.Move(place, aside);
        await scope.PublishAsync(300, seed: 31, "b-");
        scope.Rig.StartRoles();
        await WaitAsync(() => scope.Rig.Scorers[0].Log.Contains(scope.Model.ModelVersion, StringComparison.Ordinal), "the scorer's complaint");

        // One bit of the weights: everything still has its size and form.
        CopyFolder(aside, place);
        var weights = Path.Combine(place, Bundle.ModelFile);
        var bytes = await File.ReadAllBytesAsync(weights, Token);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, Token);
        await WaitAsync(() => scope.Rig.Scorers[0].Log.Contains(Bundle.ModelFile, StringComparison.Ordinal), "the complaint about the damaged file");
        Assert.Empty(new TopicFacts(scope.Rig.Bootstrap, new AvroRecords(scope.Rig.RegistryUrl)).Predictions(Topics.Predictions));

        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, Token);
        await scope.DrainAsync();
        await scope.InspectAsync();
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) { File.Copy(file, Path.Combine(to, Path.GetFileName(file))); }
    }

    private static async Task WaitAsync(Func<bool> condition, string what)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < PipelineScope.Patience, $"No sign of {what} within {PipelineScope.Patience}.");
            await Task.Delay(50, Token);
        }
    }
}
