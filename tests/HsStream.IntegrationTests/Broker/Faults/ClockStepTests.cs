using Confluent.Kafka;
using HsStream.Chaos.Load;
using HsStream.Embedded.Broker.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Faults;

/// <summary>The machine's clock jumps while clients work: sessions, transactions and records live on.</summary>
public sealed class ClockStepTests
{
    /// <summary>Back by less than an hour: records further in the broker's future are refused, as Kafka refuses them.</summary>
    [Theory]
    [InlineData(+86_400 * 2)]
    [InlineData(-3_000)]
    public async Task Clients_do_not_notice_a_step_of_the_clock(int seconds)
    {
        using var directory = new TemporaryDirectory();
        var time = new SteppedTime();
        await using var broker = await EmbeddedBroker.StartAsync(
            new BrokerOptions { DataDirectory = directory.Path, Port = 0 }, NullLoggerFactory.Instance, time, TestContext.Current.CancellationToken);
        await using var scope = new KafkaScope(broker.BootstrapServers);
        var topic = await scope.CreateTopicAsync(2);
        var group = scope.NewName("group");
        var member = new Confluent.GroupMember(scope, topic, group);
        await KafkaScope.WaitForAsync(() => member.Assigned.Count == 2, "the member's partitions");
        var transactions = scope.Producer(config => (config.TransactionalId, config.TransactionTimeoutMs) = (scope.NewName("txn"), 60_000));
        transactions.InitTransactions(KafkaScope.Limit);
        transactions.BeginTransaction();
        await transactions.ProduceAsync(new TopicPartition(topic, 0), new Message<string?, string?> { Key = "in", Value = "the transaction" }, scope.Token);
        var producer = scope.Producer(config => config.EnableIdempotence = true);
        await producer.ProduceAsync(new TopicPartition(topic, 1), new Message<string?, string?> { Value = "before" }, scope.Token);

        time.Step(TimeSpan.FromSeconds(seconds));
        // Longer than the coordinator's sweep and two heartbeats.
        var seen = member.Events.Count;
        for (var n = 0; n < 30; n++)
        {
            await producer.ProduceAsync(new TopicPartition(topic, 1), new Message<string?, string?> { Value = $"after {n}" }, scope.Token);
            await Task.Delay(100, scope.Token);
        }

        transactions.CommitTransaction(KafkaScope.Limit);
        await KafkaScope.WaitForAsync(() => member.Records.Count == 32, "all records");
        Assert.Equal(seen, member.Events.Count);
        await member.StopAsync();
        Assert.Equal(32, LogReader.Read(broker.BootstrapServers, topic, 2, IsolationLevel.ReadCommitted).Count);
    }

    /// <summary>The system's clocks, but what the wall shows can be moved.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private long _stepTicks;

        public void Step(TimeSpan by) => Interlocked.Add(ref _stepTicks, by.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _stepTicks));
    }
}
