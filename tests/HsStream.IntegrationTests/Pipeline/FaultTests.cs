using HsStream.Chaos.Pipeline.Faults;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>Processes die, freeze and come back under load, briefly; <c>make chaos</c> is the long version.</summary>
[Collection(PipelineGroup.Name)]
public sealed class FaultTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_description_has_one_prediction_in_topic_and_ledger_whatever_is_killed()
    {
        await using var scope = await PipelineScope.StartAsync(scorers: 2, ledgers: 1);
        scope.Rig.StartRoles();
        var faults = Fault.Parse("kill-scorer,kill-ledger,kill-broker,kill-postgres,kill-everything");
        await scope.AssertHoldsAsync(new FaultRunOptions { Rounds = faults.Count, Records = 4_000, Seed = 11, Faults = faults, PoisonShare = 0.02 }, output);
    }

    [Fact]
    public async Task Members_that_leave_join_and_wake_up_late_change_nothing()
    {
        await using var scope = await PipelineScope.StartAsync(scorers: 2, ledgers: 2);
        scope.Rig.StartRoles();
        var faults = Fault.Parse("restart-scorer,freeze-scorer,restart-ledger,freeze-ledger");
        await scope.AssertHoldsAsync(new FaultRunOptions { Rounds = faults.Count, Records = 4_000, Seed = 12, Faults = faults }, output);
    }
}
