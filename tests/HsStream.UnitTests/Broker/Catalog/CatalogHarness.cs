using System.Diagnostics.Metrics;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Broker.Catalog;

/// <summary>A catalog with its logs on a simulated disk.</summary>
internal sealed class CatalogHarness : IDisposable
{
    private readonly Meter _meter = new("test");

    public CatalogHarness()
    {
        Disk.CreateDirectory("/data");
        Disk.FlushDirectory("/");
        Open();
    }

    public SimulatedDisk Disk { get; } = new();

    public LogManager Logs { get; private set; } = null!;

    public TopicCatalog Catalog { get; private set; } = null!;

    public Topic Create(string name, int partitions, params (string Name, string Value)[] configs)
    {
        var (error, message, topic) = Catalog.Create(name, partitions, configs.ToDictionary(c => c.Name, c => (string?)c.Value), validateOnly: false);
        Assert.Equal((ErrorCode.None, null), (error, message));
        return topic!;
    }

    public void Open()
    {
        Logs = new LogManager(Disk, new LogOptions { DataDirectory = "/data" }, new FakeTimeProvider(), NullLogger<LogManager>.Instance, _meter);
        Catalog = TopicCatalog.Open(Disk, "/data", Logs, BrokerConfigs.Default);
    }

    public void LosePower(int seed)
    {
        Disk.PowerLoss(new Random(seed));
        Open();
    }

    public string Show() => string.Join(' ', Catalog.Topics.Select(topic => $"{topic.Name}:{topic.Partitions.Count}:{topic.Config.SegmentMs}"));

    public void Dispose() => _meter.Dispose();
}
