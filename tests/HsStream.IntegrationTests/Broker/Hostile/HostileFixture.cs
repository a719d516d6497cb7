using System.Diagnostics;
using HsStream.Chaos.Processes;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Hostile;

/// <summary>A broker process to be mistreated, and the healthy client that must not notice.</summary>
public sealed class HostileFixture : IAsyncLifetime
{
    private static readonly TimeSpan HealthyLimit = TimeSpan.FromSeconds(5);

    /// <summary>Idle it takes about 90 MB; the request budget is 256 MB and the collector needs room.</summary>
    private const long MaxResidentBytes = 900L * 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();
    private BrokerProcess? _process;

    internal BrokerProcess Process => _process!;

    internal string Bootstrap => Process.Bootstrap;

    public async ValueTask InitializeAsync()
    {
        _process = await BrokerProcess.StartAsync(_directory.Path, 0, new BrokerProcessOptions(), TestContext.Current.CancellationToken);
        using var cluster = new RawCluster(Bootstrap);
        await cluster.CreateTopicAsync("healthy", 1, [], TestContext.Current.CancellationToken);
    }

    /// <summary>The process lives, a new client can write and read in time, and the memory is bounded.</summary>
    internal async Task AssertHealthyAsync()
    {
        Assert.False(Process.HasExited, $"The broker ended:\n{Process.Log}");
        var watch = Stopwatch.StartNew();
        using var client = await RawClient.ConnectAsync(Bootstrap, TestContext.Current.CancellationToken);
        var produced = await client.SendAsync<ProduceResponse>(ApiKey.Produce, 8, Requests.Produce("healthy", 0, Requests.Batch(1)), TestContext.Current.CancellationToken);
        var row = produced.Topics[0].Partitions[0];
        Assert.Equal(ErrorCode.None, row.Error);
        var fetched = await client.SendAsync<FetchResponse>(ApiKey.Fetch, 12, Requests.Fetch("healthy", 0, row.BaseOffset), TestContext.Current.CancellationToken);
        Assert.Single(Requests.Records(fetched));
        Assert.True(watch.Elapsed < HealthyLimit, $"A healthy client was answered after {watch.Elapsed}.");
        Assert.True(Process.ResidentBytes < MaxResidentBytes, $"The broker holds {Process.ResidentBytes >> 20} MiB.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) { await _process.DisposeAsync(); }
        _directory.Dispose();
    }
}
