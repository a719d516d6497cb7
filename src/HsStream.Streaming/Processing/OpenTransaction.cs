using Confluent.Kafka;

namespace HsStream.Streaming.Processing;

/// <summary>What the open transaction has taken in.</summary>
internal sealed class OpenTransaction
{
    private readonly Dictionary<TopicPartition, long> _next = [];
    private readonly List<DateTimeOffset> _timestamps = [];

    public bool IsOpen { get; private set; }

    public long Epoch { get; private set; }

    public long StartedAt { get; private set; }

    public int Records { get; private set; }

    public long Bytes { get; private set; }

    public int Outputs { get; private set; }

    public List<string> DeadLetterReasons { get; } = [];

    public IReadOnlyList<DateTimeOffset> Timestamps => _timestamps;

    public IReadOnlyDictionary<TopicPartition, long> Next => _next;

    /// <summary>The next offset to read, as Kafka wants it.</summary>
    public IEnumerable<TopicPartitionOffset> Offsets => _next.Select(pair => new TopicPartitionOffset(pair.Key, pair.Value));

    public void Begin(long epoch, long now) => (IsOpen, Epoch, StartedAt) = (true, epoch, now);

    public void Add(IReadOnlyList<InputRecord> records, BatchOutputs outputs)
    {
        foreach (var record in records)
        {
            // Of each partition the last one counts; they come in offset order.
            _next[new TopicPartition(record.Topic, record.Position.Partition)] = record.Position.Offset + 1;
            _timestamps.Add(record.Timestamp);
            Bytes += record.Bytes;
        }

        foreach (var output in outputs.Records) { Bytes += output.Bytes; }
        Records += records.Count;
        Outputs += outputs.Records.Count;
        foreach (var (_, reason) in outputs.DeadLetters) { DeadLetterReasons.Add(reason); }
    }

    public void Clear()
    {
        IsOpen = false;
        Records = Outputs = 0;
        Bytes = 0;
        _next.Clear();
        _timestamps.Clear();
        DeadLetterReasons.Clear();
    }
}
