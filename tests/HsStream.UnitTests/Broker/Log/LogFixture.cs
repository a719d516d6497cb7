using System.Diagnostics.Metrics;
using System.Text;
using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;
using HsStream.UnitTests.Broker.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>One partition log on a simulated disk and clock, flushed by hand.</summary>
internal sealed class LogFixture : IDisposable
{
    private static readonly TopicPartition Partition = new("t", 0);

    private readonly Meter _meter = new("test");
    private readonly IDisk _disk;
    private readonly IReadOnlyDictionary<string, string> _configs;
    private readonly Durability _durability;

    public LogFixture(Durability durability = Durability.Fsync, IDisk? disk = null, string dataDirectory = "/data", params (string Name, string Value)[] configs)
    {
        _configs = configs.ToDictionary(config => config.Name, config => config.Value);
        (_durability, _disk, DataDirectory) = (durability, disk ?? Disk, dataDirectory);
        Open();
    }

    public SimulatedDisk Disk { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    public string DataDirectory { get; }

    public Guid TopicId { get; } = Guid.Parse("11111111-2222-3333-4444-555555555555");

    public string Directory => LogPaths.Partition(DataDirectory, TopicId, 0);

    public LogManager Manager { get; private set; } = null!;

    public PartitionLog Log { get; private set; } = null!;

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static TopicConfig Config(IReadOnlyDictionary<string, string> configs) =>
        TopicConfig.Parse(configs, BrokerConfigs.Default) is { Config: { } config } ? config : throw new ArgumentException("bad config");

    /// <summary>A batch as a client sends it.</summary>
    public byte[] Batch(params string[] values) => RecordBatchBuilder.Build([.. values.Select(Record)], NowMs);

    public byte[] Batch(long producerId, short epoch, int sequence, bool transactional, params string[] values) =>
        RecordBatchBuilder.Build([.. values.Select(Record)], NowMs, producerId, epoch, sequence, transactional);

    public AppendResult Append(params string[] values) => Log.Append(Batch(values), 9, null);

    public string PathOf(long offset, string suffix) => LogPaths.File(Directory, offset, suffix);

    /// <summary>Values that a consumer sees from an offset to the end, whatever the isolation; aborted ones and markers left out if committed.</summary>
    public List<(long Offset, string Value)> ReadAll(long offset = 0, IsolationLevel isolation = IsolationLevel.ReadUncommitted, int maxBytes = 1 << 20) =>
        Consumer.ReadAll(Log, offset, isolation, maxBytes);

    public void Open()
    {
        Manager = new LogManager(_disk, new LogOptions { DataDirectory = DataDirectory, Durability = _durability }, Time, NullLogger<LogManager>.Instance, _meter);
        Log = Manager.Open(Partition, TopicId, Config(_configs));
    }

    public async Task StopAndOpenAsync()
    {
        await Manager.DisposeAsync();
        Open();
    }

    public void KillAndOpen()
    {
        Disk.ProcessDeath();
        Open();
    }

    public void LosePowerAndOpen(int seed = 0)
    {
        Disk.PowerLoss(new Random(seed));
        Open();
    }

    public void Dispose() => _meter.Dispose();

    private static (ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value) Record(string value) => (null, Encoding.UTF8.GetBytes(value));
}
