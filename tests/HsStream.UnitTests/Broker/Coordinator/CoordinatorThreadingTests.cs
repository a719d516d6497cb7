using System.Diagnostics.Metrics;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>What simulations cannot show: the coordinator among real threads.</summary>
public sealed class CoordinatorThreadingTests
{
    [Fact]
    public async Task No_record_slips_in_behind_the_marker_of_its_transaction()
    {
        var rig = new CoordinatorRig();
        rig.CreateTopic("t");
        var producer = new Producer(rig).Init();
        for (var round = 0; round < 200; round++)
        {
            Assert.Equal(ErrorCode.None, producer.Add(("t", 0)));
            using var writing = new SemaphoreSlim(0);
            var writer = Task.Run(
                () =>
                {
                    for (var i = 0; producer.Produce("r").Error == ErrorCode.None; i++)
                    {
                        if (i == round % 4) { writing.Release(); }
                    }
                },
                TestContext.Current.CancellationToken);
            Assert.True(await writing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken), "The writer did not get going.");
            Assert.Equal(ErrorCode.None, producer.End(commit: round % 2 == 0));
            await writer.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Empty(rig.Log("t").OpenTransactions());
        }
    }

    [Fact]
    public async Task A_running_coordinator_serves_many_at_once_and_stops_with_every_request_answered()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory("/data");
        using var meter = new Meter("HsStream.Broker.Test");
        await using var logs = new LogManager(disk, new LogOptions { DataDirectory = "/data" }, TimeProvider.System, NullLogger<LogManager>.Instance, meter);
        using var catalog = TopicCatalog.Open(disk, "/data", logs, BrokerConfigs.Default);
        logs.Start();
        catalog.Create("t", 1, new Dictionary<string, string?>(), validateOnly: false);
        var options = new CoordinatorOptions { MinSessionTimeout = TimeSpan.Zero };
        var coordinator = new BrokerCoordinator(catalog, options, TimeProvider.System, NullLoggerFactory.Instance);
        await coordinator.StartAsync(TestContext.Current.CancellationToken);

        var join = await coordinator.JoinGroupAsync(
            new JoinGroupRequest
            {
                GroupId = "short",
                SessionTimeoutMs = 50,
                RebalanceTimeoutMs = 50,
                ProtocolType = "consumer",
                Protocols = [new JoinGroupRequest.Protocol { Name = "range" }],
            },
            3, "client", "/127.0.0.1").WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(ErrorCode.None, join.Error);
        Assert.True(
            SpinWait.SpinUntil(() => coordinator.GroupCounts[GroupState.Empty] == 1, TimeSpan.FromSeconds(10)), "The session did not end by the real clock.");

        var commits = Enumerable.Range(0, 2_000).Select(offset => coordinator.OffsetCommitAsync(new OffsetCommitRequest
        {
            GroupId = $"g{offset % 10}",
            Topics = [new() { Name = "t", Partitions = [new() { Offset = offset }] }],
        })).ToList();
        await coordinator.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.All(await Task.WhenAll(commits).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken), commit => Assert.Equal(ErrorCode.None, commit.Error()));
        await Assert.ThrowsAsync<TaskCanceledException>(() => coordinator.ListGroupsAsync(new ListGroupsRequest()));
    }
}
