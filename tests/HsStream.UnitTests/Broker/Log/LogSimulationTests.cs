using CsCheck;
using HsStream.Embedded.Broker.Log;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class LogSimulationTests
{
    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency(
            (5, Gen.Const(Act.Append)), (5, Gen.Const(Act.AppendIdempotent)), (2, Gen.Const(Act.Resend)), (6, Gen.Const(Act.AppendInTransaction)),
            (4, Gen.Const(Act.EndTransaction)), (6, Gen.Const(Act.Flush)), (1, Gen.Const(Act.Maintain)), (1, Gen.Const(Act.DeleteRecords)),
            (2, Gen.Const(Act.Read)), (1, Gen.Const(Act.PassTime)), (1, Gen.Const(Act.PowerLoss)), (1, Gen.Const(Act.ProcessDeath)),
            (1, Gen.Const(Act.CleanStop)), (1, Gen.Const(Act.CrashSoon)), (1, Gen.Const(Act.FillDisk))),
        Gen.Int[0, 1000]).Select((act, pick) => new Step(act, pick));

    [Fact]
    public Task Acknowledged_batches_are_there_once_and_in_order_whatever_crashes() => SampleAsync(Durability.Fsync);

    [Fact]
    public Task Without_fsync_written_batches_survive_the_death_of_the_process() => SampleAsync(Durability.PageCache);

    private static Task SampleAsync(Durability durability) => Steps.Array[1, 60].SampleAsync(
        async steps =>
        {
            using var simulation = new LogSimulation(durability);
            await simulation.PlayAsync(steps);
        },
        iter: Effort.Times(250),
        print: steps => string.Join(", ", steps));
}
