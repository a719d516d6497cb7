using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using HsStream.Service.Scoring;
using Xunit;

namespace HsStream.UnitTests.Service.Scoring;

public sealed class ModelKeeperTests
{
    [Fact]
    public async Task Without_a_champion_nothing_serves_and_the_reason_is_told()
    {
        await using var rig = new ModelRig();
        Assert.Null(rig.Keeper.Plan);
        Assert.Contains("no model is CHAMPION", rig.Keeper.Problem, StringComparison.Ordinal);
        Assert.Throws<NothingServesException>(() => rig.Scorer.Score(ModelRig.Items("steel bolt")));
    }

    [Fact]
    public async Task A_new_champion_takes_over_between_two_batches()
    {
        await using var rig = new ModelRig();
        var (first, second) = (rig.Add(1), rig.Add(2));
        rig.Announce(first, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == first, "the first model");
        Assert.Equal(first, rig.Scorer.Score(ModelRig.Items("steel bolt")).Served[0].ModelVersion);
        rig.Announce(second, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == second, "the second model");
        Assert.Equal(second, rig.Scorer.Score(ModelRig.Items("steel bolt")).Served[0].ModelVersion);
    }

    [Fact]
    public async Task A_missing_bundle_keeps_the_old_model_serving_until_it_arrives()
    {
        await using var rig = new ModelRig();
        var first = rig.Add(1);
        rig.Announce(first, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == first, "the first model");
        var second = rig.Add(2);
        var hidden = rig.Store.PathOf(second) + ".hidden";
        Directory.Move(rig.Store.PathOf(second), hidden);
        rig.Announce(second, ModelStage.Champion);
        await ModelRig.UntilAsync(() => rig.Keeper.Problem?.Contains(second + ": Bundle", StringComparison.Ordinal) == true, "the problem to be told");
        Assert.Equal(first, rig.Scorer.Score(ModelRig.Items("steel bolt")).Served[0].ModelVersion);
        Directory.Move(hidden, rig.Store.PathOf(second));
        await rig.UntilAsync(plan => plan.Champion.Version == second, "the second model");
        Assert.Null(rig.Keeper.Problem);
    }

    [Theory]
    [InlineData(Bundle.ModelFile)]
    [InlineData(Bundle.ManifestFile)]
    [InlineData(Bundle.CalibrationFile)]
    public async Task A_damaged_bundle_is_not_served_before_it_is_mended(string file)
    {
        await using var rig = new ModelRig();
        var version = rig.Add(1);
        var path = Path.Combine(rig.Store.PathOf(version), file);
        var sound = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        var damaged = sound.ToArray();
        damaged[^2] ^= 1;
        await File.WriteAllBytesAsync(path, damaged, TestContext.Current.CancellationToken);
        rig.Announce(version, ModelStage.Champion);
        await ModelRig.UntilAsync(() => rig.Keeper.Problem?.Contains(file, StringComparison.Ordinal) == true, "the file to be named");
        Assert.Null(rig.Keeper.Plan);
        await File.WriteAllBytesAsync(path, sound, TestContext.Current.CancellationToken);
        await rig.UntilAsync(plan => plan.Champion.Version == version, "the mended model");
    }

    [Fact]
    public async Task A_champion_that_is_retired_without_a_successor_stops_the_serving()
    {
        await using var rig = new ModelRig();
        var version = rig.Add(1);
        rig.Announce(version, ModelStage.Champion);
        await rig.UntilAsync(_ => true, "a model");
        rig.Announce(version, ModelStage.Retired);
        await ModelRig.UntilAsync(() => rig.Keeper.Plan is null, "the end of serving");
        Assert.Throws<NothingServesException>(() => rig.Scorer.Score(ModelRig.Items("steel bolt")));
    }

    [Fact]
    public async Task A_worker_that_still_holds_a_replaced_model_can_finish_with_it()
    {
        await using var rig = new ModelRig();
        var (first, second) = (rig.Add(1), rig.Add(2));
        rig.Announce(first, ModelStage.Champion);
        var old = await rig.UntilAsync(plan => plan.Champion.Version == first, "the first model");
        Assert.True(old.TryHold());
        rig.Announce(second, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == second, "the second model");
        var scorer = old.Champion.Rent();
        Assert.Equal(first, scorer.Score("steel bolt").ModelVersion);
        old.Champion.Return(scorer);
        old.Release();
        Assert.False(old.TryHold());
    }
}
