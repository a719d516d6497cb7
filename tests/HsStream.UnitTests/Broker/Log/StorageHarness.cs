using System.Diagnostics.Metrics;
using System.Text;
using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>One partition in a data directory of its own, with a clock that the test moves.</summary>
internal sealed class StorageHarness : IAsyncDisposable
{
    private readonly Guid _topic = Guid.NewGuid();
    private readonly Dictionary<long, int> _sequences = [];
    private readonly TopicConfig _config;
    private readonly int _maxKeys;
    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly Meter _meter = new("HsStream.Broker.Tests");
    private LogManager _logs;
    private LogCleaner _cleaner;

    public StorageHarness(Dictionary<string, string> config, int maxKeys = LogCleaner.DefaultMaxKeys, string? realDirectory = null)
    {
        _disk = realDirectory is null ? Disk : new RealDisk();
        _directory = realDirectory ?? "/data";
        _maxKeys = maxKeys;
        _disk.CreateDirectory(_directory);
        _disk.FlushDirectory("/");
        _config = LogFixture.Config(config);
        (_logs, Log, _cleaner) = Open();
    }

    public SimulatedDisk Disk { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    public PartitionLog Log { get; private set; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Append(params (string Key, string? Value)[] records) => Append(-1, false, records);

    /// <summary>Appends with the producer's next sequence, and flushes.</summary>
    public AppendResult Append(long producer, bool transactional, params (string Key, string? Value)[] records)
    {
        var result = AppendWith(producer, producer < 0 ? -1 : _sequences.GetValueOrDefault(producer), transactional, records);
        Assert.Equal(ErrorCode.None, result.Error);
        if (producer >= 0) { _sequences[producer] = _sequences.GetValueOrDefault(producer) + records.Length; }

        return result;
    }

    public AppendResult AppendAgain(long producer, params (string Key, string? Value)[] records) =>
        AppendWith(producer, _sequences[producer] - records.Length, false, records);

    public AppendResult AppendWith(long producer, int sequence, params (string Key, string? Value)[] records) =>
        AppendWith(producer, sequence, false, records);

    public AppendResult AppendBatch(IReadOnlyList<(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)> records)
    {
        var result = Log.Append(RecordBatchBuilder.Build(records, NowMs), 11, null);
        Assert.Equal(ErrorCode.None, result.Error);
        Flush();
        return result;
    }

    public void Flush() => _logs.FlushOnce();

    public bool Clean() => _cleaner.CleanIfDue(Log, NowMs);

    /// <summary>Opens the data directory again after the power was lost, or only the process (no seed).</summary>
    public void Restart(int? seed = null)
    {
        if (seed is { } chosen) { Disk.PowerLoss(new Random(chosen)); } else { Disk.ProcessDeath(); }

        (_logs, Log, _cleaner) = Open();
    }

    public List<(long Offset, string? Key, string? Value)> Read() => Read(IsolationLevel.ReadUncommitted);

    public List<(long Offset, string? Key, string? Value)> ReadCommitted() => Read(IsolationLevel.ReadCommitted);

    private List<(long Offset, string? Key, string? Value)> Read(IsolationLevel isolation)
    {
        var all = new List<(long, string?, string?)>();
        var end = isolation == IsolationLevel.ReadCommitted ? Log.LastStableOffset : Log.HighWatermark;
        for (var offset = Log.LogStartOffset; offset < end;)
        {
            var data = Log.Read(offset, 700, isolation, atLeastOne: true);
            var bytes = Consumer.Bytes(data.Records);
            if (bytes.Length == 0) { break; }

            offset = Take(bytes, offset, data.Aborted ?? [], all);
        }

        return all;
    }

    private static long Take(ReadOnlyMemory<byte> bytes, long offset, IReadOnlyList<AbortedTransaction> aborted, List<(long, string?, string?)> all)
    {
        var upcoming = new Queue<AbortedTransaction>(aborted);
        var aborting = new HashSet<long>();
        while (bytes.Length > 0)
        {
            var header = BatchHeader.Read(bytes.Span);
            Assert.Equal(header.Crc, Crc32C.Compute(bytes.Span[BatchLayout.Attributes..header.Size]));
            while (upcoming.TryPeek(out var next) && next.FirstOffset <= header.LastOffset) { aborting.Add(upcoming.Dequeue().ProducerId); }

            if (header.IsControl)
            {
                if (RecordReader.MarkerOf(bytes[..header.Size]) == false) { aborting.Remove(header.ProducerId); }
            }
            else if (!header.IsTransactional || !aborting.Contains(header.ProducerId))
            {
                all.AddRange(RecordReader.Read(bytes[..header.Size]).Where(record => record.Offset >= offset)
                    .Select(record => (record.Offset, Text(record.Key), Text(record.Value))));
            }

            offset = header.NextOffset;
            bytes = bytes[header.Size..];
        }

        return offset;
    }

    public async ValueTask DisposeAsync()
    {
        await _logs.DisposeAsync();
        _meter.Dispose();
    }

    private AppendResult AppendWith(long producer, int sequence, bool transactional, (string Key, string? Value)[] records)
    {
        var batch = RecordBatchBuilder.Build(
            [.. records.Select(record => ((ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(record.Key), record.Value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(record.Value)))],
            NowMs, producer, producer < 0 ? (short)-1 : (short)0, sequence, transactional);
        var result = Log.Append(batch, 11, null);
        Flush();
        return result;
    }

    private (LogManager, PartitionLog, LogCleaner) Open()
    {
        var logs = new LogManager(_disk, new LogOptions { DataDirectory = _directory }, Time, NullLogger<LogManager>.Instance, _meter);
        var log = logs.Open(new TopicPartition("t", 0), _topic, _config);
        Assert.Null(log.OfflineReason);
        return (logs, log, new LogCleaner(_disk, _maxKeys));
    }

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } present ? Encoding.UTF8.GetString(present.Span) : null;
}
