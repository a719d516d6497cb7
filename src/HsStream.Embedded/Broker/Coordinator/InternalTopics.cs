using System.Buffers.Binary;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>The two topics that hold the coordinator's state: making and reading them.</summary>
internal static class InternalTopics
{
    public const string Offsets = "__consumer_offsets";
    public const string Transactions = "__transaction_state";
    private const int ReadBytes = 4 * 1024 * 1024;

    /// <exception cref="IOException">The topic could not be made, or its log cannot be used.</exception>
    public static PartitionLog Open(TopicCatalog catalog, string name)
    {
        var topic = catalog.Find(name);
        if (topic is null)
        {
            var settings = new Dictionary<string, string?> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "104857600" };
            (var error, var message, topic) = catalog.Create(name, 1, settings, validateOnly: false, isInternal: true);
            if (topic is null) { throw new IOException($"The topic {name} could not be created: {error} {message}"); }
        }

        var log = topic.Partitions[0];
        return log.OfflineReason is { } reason ? throw new IOException($"{log.Partition} cannot be used: {reason}") : log;
    }

    /// <summary>Reads a log from its start to its end, batch by batch.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public static IEnumerable<StateBatch> Read(PartitionLog log)
    {
        var offset = log.LogStartOffset;
        while (offset < log.LogEndOffset)
        {
            using var data = log.Read(offset, ReadBytes, IsolationLevel.ReadUncommitted, atLeastOne: true).Records;
            var bytes = new byte[data.Length];
            data.CopyTo(bytes);
            var start = 0;
            while (bytes.Length - start >= BatchLayout.Records)
            {
                var size = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(start + BatchLayout.BatchLength)) + BatchLayout.LengthOverhead;
                if (size < BatchLayout.Records || size > bytes.Length - start) { break; }

                var batch = new StateBatch(bytes.AsMemory(start, size));
                yield return batch;
                offset = batch.NextOffset;
                start += size;
            }

            // Nothing visible beyond this point: the rest is not durable.
            if (start == 0) { yield break; }
        }
    }
}

/// <summary>One batch of an internal topic, as far as replaying needs it.</summary>
internal readonly struct StateBatch(ReadOnlyMemory<byte> bytes)
{
    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(bytes.Span);

    public long NextOffset => BaseOffset + BinaryPrimitives.ReadInt32BigEndian(bytes.Span[BatchLayout.LastOffsetDelta..]) + 1;

    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(bytes.Span[BatchLayout.ProducerId..]);

    public bool IsTransactional => (Attributes & BatchLayout.TransactionalBit) != 0;

    public bool IsControl => (Attributes & BatchLayout.ControlBit) != 0;

    private short Attributes => BinaryPrimitives.ReadInt16BigEndian(bytes.Span[BatchLayout.Attributes..]);

    /// <exception cref="InvalidRecordException">The batch is malformed.</exception>
    public List<LogRecord> Records() => RecordReader.Read(bytes);
}
