using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;

namespace HsStream.Chaos.Load;

/// <summary>An idempotent producer that numbers its records per partition and remembers what was acknowledged where.</summary>
internal sealed class IdempotentLoad(string bootstrap, string topic, int partitions, string name, int recordsPerSecond) : IDisposable
{
    private readonly ConcurrentDictionary<(int Partition, int Number), long> _acknowledged = new();
    private readonly ConcurrentDictionary<(int Partition, int Number), string> _refused = new();
    private readonly IProducer<string, string> _producer = new ProducerBuilder<string, string>(
            new ProducerConfig
            {
                BootstrapServers = bootstrap,
                EnableIdempotence = true,
                LingerMs = 2,
                MessageTimeoutMs = 600_000,
                ReconnectBackoffMs = 20,
                ReconnectBackoffMaxMs = 100,
                RetryBackoffMs = 20,
                MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
                QueueBufferingMaxMessages = 200_000,
            })
        .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    private readonly int[] _sent = new int[partitions];

    public int Acknowledged => _acknowledged.Count;

    public async Task RunAsync(CancellationToken stop)
    {
        const int PausesPerSecond = 50;
        var random = new Random(name.Length);
        while (!stop.IsCancellationRequested)
        {
            for (var n = 0; n < recordsPerSecond / PausesPerSecond; n++) { Send(random.Next(partitions), random.Next(10, 300)); }
            try
            {
                await Task.Delay(1000 / PausesPerSecond, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
    }

    /// <summary>Waits until every record is acknowledged or given up.</summary>
    public void Finish(Verdict verdict)
    {
        if (_producer.Flush(TimeSpan.FromMinutes(2)) > 0) { verdict.Violation("the producer gets its acknowledgements", $"{name} still waits for some"); }
        foreach (var (record, error) in _refused) { verdict.Violation("no record fails", $"{name} {record}: {error}"); }
    }

    /// <summary>Holds the acknowledgements against the log.</summary>
    public void Check(IReadOnlyList<StoredRecord> log, Verdict verdict)
    {
        var found = new Dictionary<(int, int), long>();
        var last = new Dictionary<int, int>();
        foreach (var record in log.Where(record => record.Key == name))
        {
            var number = int.Parse(record.Value.AsSpan(0, record.Value.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            if (!found.TryAdd((record.Partition, number), record.Offset)) { verdict.Violation("no record twice", $"{name} {record.Partition}/{number} at {record.Offset}"); }
            if (last.TryGetValue(record.Partition, out var before) && number < before) { verdict.Violation("order of a partition", $"{name} {record.Partition}/{number} after {before}"); }
            last[record.Partition] = number;
        }

        foreach (var (record, offset) in _acknowledged)
        {
            if (!found.TryGetValue(record, out var at)) { verdict.Violation("no acknowledged record lost", $"{name} {record}, acknowledged at {offset}"); }
            else if (offset >= 0 && at != offset) { verdict.Violation("a record is where it was acknowledged", $"{name} {record}: {offset}, found at {at}"); }
        }
    }

    public void Dispose() => _producer.Dispose();

    private void Send(int partition, int size)
    {
        var number = _sent[partition]++;
        try
        {
            _producer.Produce(
                new TopicPartition(topic, partition),
                new Message<string, string> { Key = name, Value = string.Create(CultureInfo.InvariantCulture, $"{number} {new string('.', size)}") },
                report =>
                {
                    if (report.Error.IsError) { _refused[(partition, number)] = report.Error.ToString(); } else { _acknowledged[(partition, number)] = report.Offset; }
                });
        }
        catch (ProduceException<string, string> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            // The broker is away for long; the number stays unused, which the order check allows.
        }
    }
}
