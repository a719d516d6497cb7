using System.Collections.Concurrent;
using Confluent.Kafka;

namespace HsStream.Chaos.Load;

/// <summary>Reads along all the time and remembers: what a reader has seen may never vanish or change.</summary>
internal sealed class WitnessReader(string bootstrap, string topic, int partitions)
{
    private readonly ConcurrentDictionary<(int Partition, long Offset), string> _seen = new();

    public int Seen => _seen.Count;

    public void Run(Verdict verdict, CancellationToken stop)
    {
        using var consumer = LogReader.New(bootstrap, IsolationLevel.ReadCommitted);
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var next = new long[partitions];
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (consumer.Consume(100) is not { IsPartitionEOF: false } record) { continue; }
                if (record.Offset < next[record.Partition]) { verdict.Violation("a reader sees offsets rise", $"{record.TopicPartitionOffset} after {next[record.Partition]}"); }
                next[record.Partition] = record.Offset + 1;
                _seen[(record.Partition, record.Offset)] = Text(record.Message.Key, record.Message.Value);
            }
            catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_AutoOffsetReset)
            {
                verdict.Violation("a reader's offset stays in range", e.Error.Reason);
                return;
            }
            catch (ConsumeException)
            {
                // The broker is away.
            }
        }
    }

    public void Check(IReadOnlyList<StoredRecord> log, Verdict verdict)
    {
        var now = log.ToDictionary(record => (record.Partition, record.Offset), record => Text(record.Key, record.Value));
        foreach (var (at, text) in _seen)
        {
            if (now.GetValueOrDefault(at) != text) { verdict.Violation("what was read stays", $"{topic} {at}"); }
        }
    }

    private static string Text(string key, string value) => $"{key}={value.AsSpan(0, Math.Min(value.Length, 20))}";
}
