using HsStream.Chaos.Load;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Faults;

/// <summary>The checker of the kill runs must be able to say no.</summary>
public sealed class CheckerTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Lost_doubled_and_disordered_records_are_told()
    {
        await using var scope = await kafka.OpenAsync(KafkaFixture.Embedded);
        var topic = await scope.CreateTopicAsync(1);
        using var load = new IdempotentLoad(scope.Bootstrap, topic, 1, "one", 500);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(stop.Token);
        await KafkaScope.WaitForAsync(() => load.Acknowledged > 50, "some records");
        await stop.CancelAsync();
        await running;
        var verdict = new Verdict();
        load.Finish(verdict);
        var log = LogReader.Read(scope.Bootstrap, topic, 1, global::Confluent.Kafka.IsolationLevel.ReadCommitted);
        load.Check(log, verdict);
        Assert.True(verdict.IsClean, verdict.ToString());

        AssertTold("no acknowledged record lost", [.. log.Where((_, n) => n != 7)]);
        AssertTold("no record twice", [.. log, log[3] with { Offset = 1_000_000 }]);
        AssertTold("order of a partition", [log[1], log[0], .. log.Skip(2)]);
        AssertTold("a record is where it was acknowledged", [log[0] with { Offset = 99 }, .. log.Skip(1)]);

        void AssertTold(string promise, IReadOnlyList<StoredRecord> damaged)
        {
            var told = new Verdict();
            load.Check(damaged, told);
            Assert.Contains(promise, told.ToString(), StringComparison.Ordinal);
        }
    }
}
