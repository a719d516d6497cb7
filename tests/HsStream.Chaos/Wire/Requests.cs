using System.Text;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Wire;

/// <summary>Short forms of requests that name one partition, one group or one transaction.</summary>
internal static class Requests
{
    /// <summary>Records "first", "first+1", ... as both key and value, in one batch with a valid CRC.</summary>
    public static byte[] Batch(
        int count, int first = 0, long timestampMs = 1_700_000_000_000, long producerId = -1, short epoch = -1, int sequence = -1, bool transactional = false,
        int valueBytes = 0, bool keyless = false, CompressionCodec codec = CompressionCodec.None) =>
        RecordBatchBuilder.Build(
            new BatchSpec { ProducerId = producerId, ProducerEpoch = epoch, BaseSequence = sequence, Transactional = transactional, Codec = codec },
            [.. Enumerable.Range(0, count).Select(
                n => new LogRecord(
                    n, timestampMs + n, keyless ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes($"{first + n}"), Encoding.UTF8.GetBytes($"{first + n}".PadRight(valueBytes, 'x'))))]);

    public static ProduceRequest Produce(string topic, int partition, byte[] records, short acks = -1, string? transactionalId = null) =>
        new()
        {
            Acks = acks,
            TimeoutMs = 30_000,
            TransactionalId = transactionalId,
            Topics = [new() { Name = topic, Partitions = [new() { Index = partition, Records = new MemoryRecords(records) }] }],
        };

    public static FetchRequest Fetch(string topic, int partition, long offset, sbyte isolation = 0, int maxWaitMs = 0, int maxBytes = 1 << 20) =>
        new()
        {
            MaxWaitMs = maxWaitMs,
            MinBytes = 1,
            MaxBytes = maxBytes,
            Isolation = isolation,
            Topics = [new() { Name = topic, Partitions = [new() { Partition = partition, FetchOffset = offset, MaxBytes = maxBytes }] }],
        };

    public static ListOffsetsRequest ListOffsets(string topic, int partition, long timestamp, sbyte isolation = 0) =>
        new() { Isolation = isolation, Topics = [new() { Name = topic, Partitions = [new() { Partition = partition, Timestamp = timestamp }] }] };

    public static OffsetCommitRequest OffsetCommit(
        string group, string topic, int partition, long offset, string? metadata = null, int leaderEpoch = -1, int generation = -1, string member = "") =>
        new()
        {
            GroupId = group,
            GenerationId = generation,
            MemberId = member,
            Topics = [new() { Name = topic, Partitions = [new() { Partition = partition, Offset = offset, Metadata = metadata, LeaderEpoch = leaderEpoch }] }],
        };

    public static OffsetFetchRequest OffsetFetch(string group, string topic, int partition, bool requireStable = false) =>
        new() { RequireStable = requireStable, Groups = [new() { GroupId = group, Topics = [new() { Name = topic, Partitions = [partition] }] }] };

    public static JoinGroupRequest Join(string group, string member, string metadata = "m", string? instance = null, string protocol = "range", int rebalanceTimeoutMs = 20_000) =>
        new()
        {
            GroupId = group,
            MemberId = member,
            GroupInstanceId = instance,
            SessionTimeoutMs = 30_000,
            RebalanceTimeoutMs = rebalanceTimeoutMs,
            ProtocolType = "consumer",
            Protocols = [new() { Name = protocol, Metadata = Encoding.UTF8.GetBytes(metadata) }],
        };

    public static SyncGroupRequest Sync(string group, int generation, string member, params (string Member, byte[] Assignment)[] assignments) =>
        new()
        {
            GroupId = group,
            GenerationId = generation,
            MemberId = member,
            ProtocolType = "consumer",
            ProtocolName = "range",
            Assignments = [.. assignments.Select(one => new SyncGroupRequest.Assignment { MemberId = one.Member, Bytes = one.Assignment })],
        };

    public static AddPartitionsToTxnRequest AddPartitions(string transactionalId, long producerId, short epoch, string topic, params int[] partitions) =>
        new() { TransactionalId = transactionalId, ProducerId = producerId, ProducerEpoch = epoch, Topics = [new() { Name = topic, Partitions = [.. partitions] }] };

    public static EndTxnRequest EndTxn(string transactionalId, long producerId, short epoch, bool commit) =>
        new() { TransactionalId = transactionalId, ProducerId = producerId, ProducerEpoch = epoch, Committed = commit };

    public static TxnOffsetCommitRequest TxnOffsetCommit(string transactionalId, string group, long producerId, short epoch, string topic, int partition, long offset) =>
        new()
        {
            TransactionalId = transactionalId,
            GroupId = group,
            ProducerId = producerId,
            ProducerEpoch = epoch,
            Topics = [new() { Name = topic, Partitions = [new() { Partition = partition, Offset = offset }] }],
        };

    /// <summary>The records of a fetch answer's only partition.</summary>
    public static List<LogRecord> Records(FetchResponse response) =>
        response.Topics[0].Partitions[0].Records is MemoryRecords { Length: > 0 } records ? [.. RecordReader.ReadAll(records.Bytes)] : [];
}
