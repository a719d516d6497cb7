using HsStream.Service;
using HsStream.Service.Configuration;
using HsStream.Streaming;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>The wall clock of scorer and ledger jumps under load. The broker's own is stepped in Broker/Faults/ClockStepTests.</summary>
[Collection(PipelineGroup.Name)]
public sealed class ClockTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(+200_000)]
    [InlineData(-3_000)]
    public async Task A_step_of_the_clock_neither_loses_nor_doubles_anything(int seconds)
    {
        await using var scope = await PipelineScope.StartAsync(scorers: 0, ledgers: 0);
        var time = new SteppedTime();
        var options = new ServiceOptions
        {
            Roles = "scorer,ledger",
            Kafka = new KafkaSettings { BootstrapServers = scope.Rig.Bootstrap, SchemaRegistryUrl = scope.Rig.RegistryUrl.ToString() },
            Ledger = new HsStream.Store.LedgerOptions { ConnectionString = scope.Rig.Postgres },
            Models = new ModelsOptions { Directory = scope.Rig.Options.ModelsDirectory },
            Http = new HttpOptions { Port = 0 },
        };
        await using (var service = await HsStreamService.StartAsync(options, NullLoggerFactory.Instance, time, Token))
        {
            await scope.PublishAsync(500, seed: 51, "before-");
            time.Step(TimeSpan.FromSeconds(seconds));
            await scope.PublishAsync(500, seed: 52, "after-");
            // Ahead by more than an hour nothing moves: Kafka refuses records from its future. Then the clock is right again.
            time.Step(TimeSpan.FromSeconds(-seconds));
            await scope.PublishAsync(500, seed: 53, "again-");
            await scope.DrainAsync(hasLedger: true);
        }

        var facts = await scope.InspectAsync(hasLedger: true);
        Assert.Equal(1_500, facts.Descriptions.Count);
    }

    /// <summary>The system's clocks, but what the wall shows can be moved.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private long _stepTicks;

        public void Step(TimeSpan by) => Interlocked.Add(ref _stepTicks, by.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _stepTicks));
    }
}
