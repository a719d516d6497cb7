using System.Diagnostics;
using HsStream.Chaos.Processes;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Faults;

/// <summary>A disk without room: writes are refused, everything else goes on, and nothing acknowledged is lost.</summary>
public sealed class DiskFullTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_that_the_system_refuses_is_refused_to_the_producer_and_leaves_no_trace()
    {
        using var directory = new TemporaryDirectory();
        var acknowledged = 0;
        await using (var limited = await BrokerProcess.StartAsync(directory.Path, 0, new BrokerProcessOptions { MaxFileBytes = 2 << 20 }, Token))
        {
            using var cluster = new RawCluster(limited.Bootstrap);
            await cluster.CreateTopicAsync("full", 1, [], Token);
            acknowledged = await FillAsync(limited, "full", ErrorCode.KafkaStorageError);
            Assert.True(acknowledged > 5, $"{acknowledged} records before the limit");
            Assert.False(limited.HasExited, limited.Log);
            Assert.Equal(acknowledged, await CountAsync(limited, "full"));
            await limited.KillAsync();
        }

        await using var roomy = await BrokerProcess.StartAsync(directory.Path, 0, new BrokerProcessOptions(), Token);
        Assert.Equal(acknowledged, await CountAsync(roomy, "full"));
        Assert.Equal(ErrorCode.None, await ProduceAsync(roomy, "full"));
        Assert.Equal(acknowledged + 1, await CountAsync(roomy, "full"));
    }

    [Fact]
    public async Task A_small_file_system_that_fills_up_refuses_producers_until_a_topic_is_deleted()
    {
        using var directory = new TemporaryDirectory();
        if (!TryMount(directory.Path))
        {
            // Only root can mount; the limit on file sizes above covers the refused write for everybody.
            return;
        }

        try
        {
            await using var broker = await BrokerProcess.StartAsync(directory.Path, 0, new BrokerProcessOptions { DiskReserveBytes = 16 << 20 }, Token);
            using var cluster = new RawCluster(broker.Bootstrap);
            await cluster.CreateTopicAsync("full", 1, [("segment.bytes", "1048576")], Token);
            await cluster.CreateTopicAsync("later", 1, [], Token);
            var acknowledged = await FillAsync(broker, "full", ErrorCode.KafkaStorageError);
            Assert.Equal(acknowledged, await CountAsync(broker, "full"));
            using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
            var committed = await client.SendAsync<OffsetCommitResponse>(ApiKey.OffsetCommit, 8, Requests.OffsetCommit("group", "full", 0, 3), Token);
            Assert.Equal(ErrorCode.None, committed.Topics[0].Partitions[0].Error);
            await cluster.DeleteTopicAsync("full", Token);
            await RawCluster.SettleAsync(async () => await ProduceAsync(broker, "later") == ErrorCode.None, "room again", Token);
            await broker.KillAsync();
            await using var again = await BrokerProcess.StartAsync(directory.Path, 0, new BrokerProcessOptions { DiskReserveBytes = 16 << 20 }, Token);
            Assert.Equal(1, await CountAsync(again, "later"));
        }
        finally
        {
            Run("umount", directory.Path);
        }
    }

    private static bool TryMount(string path) => Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", path);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static async Task<int> FillAsync(BrokerProcess broker, string topic, ErrorCode expected)
    {
        for (var n = 0; n < 2_000; n++)
        {
            var error = await ProduceAsync(broker, topic);
            if (error == ErrorCode.None) { continue; }
            Assert.Equal(expected, error);
            return n;
        }

        throw new TimeoutException("The disk did not fill up.");
    }

    private static async Task<ErrorCode> ProduceAsync(BrokerProcess broker, string topic)
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var produced = await client.SendAsync<ProduceResponse>(ApiKey.Produce, 8, Requests.Produce(topic, 0, Requests.Batch(1, valueBytes: 100_000)), Token);
        return produced.Topics[0].Partitions[0].Error;
    }

    private static async Task<int> CountAsync(BrokerProcess broker, string topic)
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var count = 0;
        while (true)
        {
            var fetched = await client.SendAsync<FetchResponse>(ApiKey.Fetch, 12, Requests.Fetch(topic, 0, count, maxBytes: 4 << 20), Token);
            Assert.Equal(ErrorCode.None, fetched.Topics[0].Partitions[0].Error);
            var records = Requests.Records(fetched).Count;
            if (records == 0) { return count; }
            count += records;
        }
    }
}
